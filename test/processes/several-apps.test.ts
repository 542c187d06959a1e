import { expect, test } from 'vitest';
import { picturesOf, until } from '../journeys/talk.ts';
import { wordsOf } from '../support/test-app.ts';
import { hasPostgres } from '../support/postgres-server.ts';
import { openSeveralApps, type SeveralApps } from './several-apps.ts';

const people = (stage: SeveralApps, count: number) =>
  Array.from({ length: count }, (_, index) => stage.person(index + 1));

const allHavePictures = (all: ReturnType<typeof people>) =>
  until(() => all.every((person) => picturesOf(person).length > 0), 120_000);

/** How many updates each process has accepted a request from, and whether any was accepted twice. */
const acceptedIds = (stage: SeveralApps) =>
  stage.events().flatMap((event) => (event.event === 'job.accepted' ? [event.jobId] : []));

test.skipIf(!hasPostgres)(
  'the process that polls is killed, and every request is taken and answered once',
  async () => {
    await using stage = await openSeveralApps({ count: 3, latencyMs: 300 });
    const all = people(stage, 12);
    const first = await stage.holderOf('telegram');
    for (const [place, person] of all.entries()) {
      person.say('/generate a fox');
      if (place === 5) {
        await until(() => acceptedIds(stage).length > 0);
        await first.kill();
      }
    }
    await allHavePictures(all);
    const second = await stage.holderOf('telegram');
    expect(second).not.toBe(first);
    expect(all.map((person) => picturesOf(person).length)).toEqual(all.map(() => 1));
    const ids = acceptedIds(stage);
    expect(new Set(ids).size).toBe(ids.length);
    // Not one process made them all.
    expect(
      stage.apps.filter(({ events }) => events.some(({ event }) => event === 'job.produced')).length,
    ).toBeGreaterThan(1);
  },
);

test.skipIf(!hasPostgres)(
  'updates that Telegram sends to any of the processes are handled once, in the order of each chat',
  async () => {
    let seed = 7;
    const anywhere = (_updates: number, count: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % count;
    };
    await using stage = await openSeveralApps({ count: 3, balance: anywhere });
    const all = people(stage, 6);
    for (const person of all) {
      person.say('/language');
      person.say('/generate a fox');
      person.say('/help');
    }
    await allHavePictures(all);
    await until(() => all.every((person) => person.messages().filter(({ from }) => from === 'bot').length >= 3));
    for (const person of all) {
      expect(picturesOf(person)).toHaveLength(1);
      const said = person
        .messages()
        .filter(({ from }) => from === 'bot')
        .toSorted((one, other) => one.id - other.id);
      // The language, the request, the help; nothing of it twice.
      expect(
        said.map((message) => (message.photo === undefined ? wordsOf(message).slice(0, 12) : 'picture')),
      ).toHaveLength(3);
      expect(said[1]?.photo).toBeDefined();
    }
    expect(stage.telegram.calls.some(({ method }) => method === 'getUpdates')).toBe(false);
    const ids = acceptedIds(stage);
    expect(new Set(ids).size).toBe(all.length);
  },
);

test.skipIf(!hasPostgres)(
  'a process that freezes and wakes late says nothing more of updates, and another one has gone on',
  async () => {
    await using stage = await openSeveralApps({ count: 2 });
    const first = await stage.holderOf('telegram');
    const [before, meanwhile, after] = people(stage, 3);
    before?.say('/generate a fox');
    await until(() => before !== undefined && picturesOf(before).length === 1);
    first.signal('SIGSTOP');
    meanwhile?.say('/generate a fox');
    await until(() => meanwhile !== undefined && picturesOf(meanwhile).length === 1);
    first.signal('SIGCONT');
    await until(() => !first.has('telegram'));
    after?.say('/generate a fox');
    await until(() => after !== undefined && picturesOf(after).length === 1);
    expect(await stage.holderOf('telegram')).not.toBe(first);
    const ids = acceptedIds(stage);
    expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
    for (const person of [before, meanwhile, after]) expect(person && picturesOf(person)).toHaveLength(1);
  },
);

test.skipIf(!hasPostgres)(
  'a process that stops hands over at once, and its requests are finished by others',
  async () => {
    await using stage = await openSeveralApps({ count: 2, latencyMs: 200 });
    const all = people(stage, 8);
    const first = await stage.holderOf('telegram');
    for (const [place, person] of all.entries()) {
      person.say('/generate a fox');
      if (place === 3) await first.stop();
    }
    await allHavePictures(all);
    expect(all.map((person) => picturesOf(person).length)).toEqual(all.map(() => 1));
  },
);

test.skipIf(!hasPostgres)(
  'a request that another process runs is cancelled from the chat, at once and for good',
  async () => {
    await using stage = await openSeveralApps({ count: 3 });
    const hold = stage.bytez.hold();
    const all = people(stage, 6);
    for (const person of all) person.say('/generate a fox');
    await until(() => stage.events().filter(({ event }) => event === 'attempt.started').length >= all.length);
    expect(
      stage.apps.filter(({ events }) => events.some(({ event }) => event === 'attempt.started')).length,
    ).toBeGreaterThan(1);
    for (const person of all) person.say('/cancel');
    const told = () =>
      stage.events().flatMap((event) => (event.event === 'job.notified' && event.code === 'cancelled' ? [event] : []));
    await until(() => told().length >= all.length);
    // Also where a process counts as dead for a moment, as on a busy machine, and another one tells what it was to tell.
    expect(new Set(told().map(({ jobId }) => jobId)).size).toBe(told().length);
    hold.release();
    expect(all.map((person) => picturesOf(person).length)).toEqual(all.map(() => 0));
    expect(stage.events().filter(({ event }) => event === 'job.delivered')).toEqual([]);
    expect(told()).toHaveLength(all.length);
  },
);
