import { expect, test } from 'vitest';
import type { KeyState } from '../../../src/domain/key-state.ts';
import { keyId } from '../../../src/domain/ids.ts';
import { KeyEnds } from '../../../src/keys/maintenance/key-ends.ts';
import { nextKeyState } from '../../../src/keys/rules/key-state.ts';
import type { PoolKey } from '../../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 10, 1, 18);

function aPool(ends: readonly (string | undefined)[]) {
  const clock = fakeClock(startMs);
  const told = new Set<string>();
  const said: string[] = [];
  const entries = ends.map((endsOn, index): { key: PoolKey; state: KeyState } => ({
    key: {
      id: keyId(`${index + 1}`.padStart(16, '0')),
      name: `openai #${index + 1}`,
      hint: '…',
      provider: 'openai',
      place: index + 1,
      secret: new Secret('x'),
      weight: 1,
      seats: 1,
      ...(endsOn === undefined ? {} : { endsOn }),
    },
    state: { kind: 'ready' },
  }));
  const open = () =>
    new KeyEnds({
      pool: {
        keys: () => entries,
        note: (id, event) => {
          const entry = entries.find(({ key }) => key.id === id);
          if (entry)
            entry.state = nextKeyState(entry.state, event, { nowMs: clock.now(), inARow: 1, random: () => 0.5 });
        },
      },
      notices: {
        mayTell: async (id) => {
          const isNew = !told.has(id);
          told.add(id);
          return isNew;
        },
      },
      clock,
      emit: (event) => {
        if (event.event === 'key.ends') said.push(`${event.keyName} ends on ${event.endsOn}`);
        else if (event.event === 'key.stays') said.push(`${event.keyName} stays`);
        else said.push(event.event);
      },
    });
  const states = () => entries.map(({ state }) => (state.kind === 'disabled' && state.ended ? 'ended' : state.kind));
  const move = (index: number, endsOn: string | undefined) => {
    const entry = entries[index];
    if (entry === undefined) throw new Error('no such key');
    const { endsOn: _old, ...key } = entry.key;
    entry.key = endsOn === undefined ? key : { ...key, endsOn };
  };
  return { clock, said, states, open, move, entries };
}

test('KeyEnds tells once two weeks ahead, also across restarts, and takes the key out of use at midnight UTC of its day', async () => {
  const { clock, said, states, open } = aPool(['2026-11-20', undefined]);
  const first = open();
  await clock.advance(4 * dayMs);
  expect(said).toEqual([]);
  await clock.advance(1.5 * dayMs);
  expect(said).toEqual(['openai #1 ends on 2026-11-20']);
  await first[Symbol.asyncDispose]();
  await using _ = open();
  await clock.advance(12 * dayMs);
  expect([said.length, states()]).toEqual([1, ['ready', 'ready']]);
  await clock.advance(Date.UTC(2026, 10, 20) - clock.now() - 1_000);
  expect(states()).toEqual(['ready', 'ready']);
  await clock.advance(61_000);
  expect(states()).toEqual(['ended', 'ready']);
});

test('an end that is moved brings the key back, and its alert is over; a disabled key stays disabled', async () => {
  const { clock, said, states, open, move, entries } = aPool(['2026-11-02', '2026-11-02']);
  if (entries[1]) entries[1].state = { kind: 'disabled' };
  await using ends = open();
  await clock.advance(dayMs);
  expect(states()).toEqual(['ended', 'disabled']);
  move(0, '2027-05-01');
  move(1, undefined);
  ends.check();
  await clock.advance(0);
  expect(states()).toEqual(['ready', 'disabled']);
  expect(said.slice(2)).toEqual(['openai #1 stays', 'openai #2 stays']);
});

test.each([
  [{ kind: 'benched', reason: 'rejected', probeAtMs: 1, times: 1, confirmed: true }],
  [{ kind: 'cooling', reason: 'rate-limited', sinceMs: 0, untilMs: 1, stated: true }],
] as const)('nextKeyState() ends a key that is %o, and neither admins nor calls bring it back', (state) => {
  const facts = { nowMs: 5, inARow: 1, random: () => 0.5 };
  const ended = nextKeyState(state, { kind: 'ends' }, facts);
  expect(ended).toEqual({ kind: 'disabled', ended: true });
  for (const kind of ['enable', 'wake', 'due', 'fine', 'ends'] as const) {
    expect(nextKeyState(ended, { kind }, facts)).toBe(ended);
  }
  expect(nextKeyState(ended, { kind: 'disable' }, facts)).toBe(ended);
  expect(nextKeyState(ended, { kind: 'goes-on' }, facts)).toEqual({ kind: 'ready' });
});
