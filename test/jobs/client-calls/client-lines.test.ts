import { expect, test } from 'vitest';
import type { Lane } from '../../../src/domain/kinds.ts';
import {
  type Caller,
  ClientLines,
  shareLine,
  type Turn,
  type Waiting,
} from '../../../src/jobs/client-calls/client-lines.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const nobody = { premium: 0, free: 0 };

function aLine() {
  const clock = fakeClock();
  const pokes: string[] = [];
  const lines = new ClientLines(clock, (line) => void pokes.push(line));
  const turns: { readonly name: string; readonly turn: Turn }[] = [];
  const never = new AbortController().signal;
  const wait = (name: string, caller: Caller, more: Partial<Waiting> = {}, signal = never) => {
    const waiting: Waiting = {
      line: 'bytez',
      caller,
      kind: 'image',
      readyAtMs: clock.now(),
      reason: 'keys-busy',
      ...more,
    };
    return lines.wait(waiting, signal).then((turn) => void turns.push({ name, turn }));
  };
  return { clock, lines, pokes, turns, wait, share: shareLine('bytez', lines) };
}

const free = (number: number, running?: number): Caller => ({
  number: -number,
  lane: 'free',
  ...(running === undefined ? {} : { running }),
});

/** Hands out turns while three people wait; who got them. */
function turnsOf(share: ReturnType<typeof shareLine>, people: Readonly<Record<Lane, number>>, count: number): string {
  let who = '';
  for (let turn = 0; turn < count; turn += 1) {
    const start = share.next(people);
    who += start === undefined ? 'p' : 'c';
    if (start === undefined) share.jobStarted('free', 'image');
    else void start(undefined);
  }
  return who;
}

test('shareLine() gives a client as many turns as each person who waits', async () => {
  const { share, wait } = aLine();
  for (let call = 0; call < 40; call += 1) void wait('one', free(1));
  const who = turnsOf(share, { premium: 0, free: 3 }, 40);
  expect(who.replaceAll('p', '')).toHaveLength(10);
  // No client waits longer than a round.
  expect(who).not.toMatch(/cc|pppp/);
});

test('shareLine() gives two clients twice as much, and goes on with calls where no job can start', async () => {
  const { share, wait } = aLine();
  for (let call = 0; call < 40; call += 1) {
    void wait('one', free(1));
    void wait('two', free(2));
  }
  expect(turnsOf(share, { premium: 0, free: 2 }, 40).replaceAll('p', '')).toHaveLength(20);
  expect(turnsOf(share, nobody, 10)).toBe('cccccccccc');
});

test('shareLine() owes nothing to a side that did not wait', async () => {
  const { share, wait } = aLine();
  for (let job = 0; job < 100; job += 1) share.jobStarted('free', 'image');
  for (let call = 0; call < 20; call += 1) void wait('one', free(1));
  expect(turnsOf(share, { premium: 0, free: 1 }, 10).replaceAll('p', '')).toHaveLength(5);
});

test('shareLine() lets premium go first, and one of the free lane after four of it', async () => {
  const { share, wait } = aLine();
  for (let call = 0; call < 20; call += 1) void wait('one', { number: -1, lane: 'premium' });
  expect(turnsOf(share, { premium: 0, free: 1 }, 10)).toBe('ccccpccccp');
});

test('ClientLines takes the clients in turn, whatever the number of their calls', async () => {
  const { lines, wait, turns } = aLine();
  for (const name of ['a1', 'a2', 'a3']) void wait(name, free(1));
  for (const name of ['b1', 'b2']) void wait(name, free(2));
  for (let turn = 0; turn < 5; turn += 1) void lines.take('bytez', 'free')?.start(undefined);
  await Promise.resolve();
  expect(turns.map(({ name }) => name)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  expect(lines.take('bytez', 'free')).toBeUndefined();
});

test('ClientLines holds calls back that are over their client’s limit, until one of them ends', async () => {
  const { lines, wait, turns, pokes } = aLine();
  void wait('first', free(1, 1));
  void wait('second', free(1, 1));
  const started = lines.take('bytez', 'free')?.start(undefined);
  await Promise.resolve();
  expect([lines.mayRun(free(1, 1)), lines.clientsReady('bytez')]).toEqual([false, nobody]);
  pokes.length = 0;
  turns[0]?.turn.end();
  await started;
  expect(pokes).toEqual(['bytez']);
  expect(lines.clientsReady('bytez')).toEqual({ premium: 0, free: 1 });
});

test('ClientLines hands a call out at its time, or before where a key that cooled is ready', async () => {
  const { clock, lines, wait, pokes } = aLine();
  void wait('backs off', free(1), { readyAtMs: clock.now() + 5_000, reason: 'backing-off' });
  void wait('cools', free(2), { readyAtMs: clock.now() + 60_000, reason: 'keys-cooling' });
  expect(lines.clientsReady('bytez')).toEqual(nobody);
  lines.wakeCooling('bytez');
  expect(lines.clientsReady('bytez')).toEqual({ premium: 0, free: 1 });
  pokes.length = 0;
  await clock.advance(5_000);
  expect([pokes, lines.clientsReady('bytez')]).toEqual([['bytez'], { premium: 0, free: 2 }]);
});

test('ClientLines forgets a call whose caller has hung up', async () => {
  const { lines, wait } = aLine();
  const gone = new AbortController();
  const waiting = wait('gone', free(1), {}, gone.signal);
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  expect([lines.waiting('bytez'), lines.take('bytez', 'free')]).toEqual([0, undefined]);
});
