import { expect, test } from 'vitest';
import { picturesOf, until } from '../journeys/talk.ts';
import { hasPostgres, killableServer } from '../support/postgres-server.ts';
import { adminId, wordsOf } from '../support/test-app.ts';
import { killPostgres } from './postgres-kills.ts';
import { openSeveralApps } from './several-apps.ts';

test.skipIf(!hasPostgres)(
  'three processes end every job once although PostgreSQL is killed under them, twice',
  async () => {
    const report = await killPostgres({ jobs: 300, kills: 2, people: 40 });
    expect(report).toEqual({
      kills: 2,
      lost: 0,
      twice: 0,
      refused: 0,
      unbalanced: 0,
      mostRunning: expect.toSatisfy((most: number) => most <= 1),
      longestPauseMs: expect.any(Number),
    });
  },
);

test.skipIf(!hasPostgres)(
  'while PostgreSQL is away longer than a role lasts, each person is told once, admins too, and all is handled once it is back',
  async () => {
    await using server = await killableServer();
    await using stage = await openSeveralApps({ count: 2, database: server });
    const [one, other, admin] = [stage.person(1), stage.person(2), stage.person(adminId)];
    const saidTo = (person: typeof one, words: string) =>
      person.messages().filter((message) => message.from === 'bot' && wordsOf(message).includes(words)).length;
    for (const person of [one, other, admin]) person.say('/start');
    await until(() => [one, other, admin].every((person) => person.messages().some(({ from }) => from === 'bot')));
    await server.kill();
    one.say('/generate a fox');
    await until(() => saidTo(one, 'I can’t start anything right now') > 0);
    await until(() => saidTo(admin, 'I can’t use my database') > 0);
    one.say('/generate a wolf');
    other.say('/generate a hare');
    await until(() => saidTo(other, 'I can’t start anything right now') > 0);
    const accepted = () => stage.events().filter(({ event }) => event === 'job.accepted').length;
    expect(accepted()).toBe(0);
    await server.start();
    await until(() => picturesOf(one).length > 1 && picturesOf(other).length > 0);
    await until(() => saidTo(admin, 'I can use my database again') > 0);
    expect([one, other].map((person) => picturesOf(person).length)).toEqual([2, 1]);
    expect([one, other].map((person) => saidTo(person, 'I can’t start anything right now'))).toEqual([1, 1]);
    expect([accepted(), saidTo(admin, 'I can’t use'), saidTo(admin, 'I can use')]).toEqual([3, 1, 1]);
    expect(admin.messages().some((message) => wordsOf(message).includes('postgres:'))).toBe(false);
  },
);
