import { describe, expect, test } from 'vitest';
import { jobId, keyId } from '../../../src/domain/ids.ts';
import { type Feedback, maxFeedbackADay, maxToldAnHour } from '../../../src/domain/personal/feedback.ts';
import type { Database } from '../../../src/storage/database.ts';
import { createAdminCommands, createNotices, createOperatorKeys } from '../../../src/storage/stores/admin-state.ts';
import { createClientStore } from '../../../src/storage/stores/client-store.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import { createAccess } from '../../../src/storage/stores/people/access-store.ts';
import { createBroadcasts } from '../../../src/storage/stores/people/broadcast-store.ts';
import { createExports } from '../../../src/storage/stores/people/people-store.ts';
import { createFeedback } from '../../../src/storage/stores/personal/feedback.ts';
import { createSafety } from '../../../src/storage/stores/safety/safety-store.ts';
import { createWebhookOutbox } from '../../../src/storage/stores/webhook-outbox.ts';
import { hasPostgres } from '../../support/postgres-server.ts';
import { pairOfProcesses } from './two-at-once.ts';

const said = (number: number, userId = 7): Feedback => ({
  jobId: jobId(`job-${number}`),
  userId,
  kind: 'image',
  code: 'refused',
  words: 'too blue',
  atMs: 0,
});

describe.runIf(hasPostgres)('two processes at once', () => {
  const twoProcesses = pairOfProcesses();

  test('a second refusal that comes with the first lets its person rest', async () => {
    await using place = await twoProcesses();
    const rules = { max: 2, windowMs: 1_000, restMs: 500 };
    const refused = (id: string) => (database: Database) => createSafety(database).strike(7, jobId(id), 0, rules);
    const ends = await place.atOnce(/SELECT at_ms FROM strikes/, refused('job-1'), refused('job-2'));
    expect(ends.toSorted()).toEqual([500, undefined]);
    expect(await createSafety(place.one).barredFrom(7, 7, 1)).toEqual({ kind: 'resting', untilMs: 500 });
  });

  test('one report of a result is the first', async () => {
    await using place = await twoProcesses();
    const reported = (userId: number) => (database: Database) =>
      createSafety(database).report(jobId('job-1'), userId, 0);
    expect((await place.atOnce(/INSERT INTO reports/, reported(7), reported(8))).toSorted()).toEqual([
      'another',
      'first',
    ]);
  });

  test('one block of a person is new', async () => {
    await using place = await twoProcesses();
    const blocked = (reason: string) => (database: Database) =>
      createSafety(database).block({ id: 7, reason, sinceMs: 0 });
    expect((await place.atOnce(/INTO blocks/, blocked('a'), blocked('b'))).toSorted()).toEqual([false, true]);
    expect(await createSafety(place.one).blocks()).toHaveLength(1);
  });

  test('what is said of a request is kept once, and no more of a person than a day allows', async () => {
    await using place = await twoProcesses();
    const keep = (one: Feedback) => (database: Database) => createFeedback(database).keep(one);
    const insert = /INSERT INTO feedback/;
    expect((await place.atOnce(insert, keep(said(1)), keep(said(1)))).toSorted()).toEqual(['refused', 'told']);
    const store = createFeedback(place.one);
    for (let number = 2; number < maxFeedbackADay; number += 1) await store.keep(said(number));
    expect((await place.atOnce(insert, keep(said(20)), keep(said(21)))).toSorted()).toEqual(['refused', 'told']);
    for (let number = maxFeedbackADay; number < maxToldAnHour - 1; number += 1)
      await store.keep(said(100 + number, 100 + number));
    expect((await place.atOnce(insert, keep(said(30, 8)), keep(said(31, 9)))).toSorted()).toEqual(['stored', 'told']);
  });

  test('of two settings of a key both stay, and a key is added once', async () => {
    await using place = await twoProcesses();
    const set = (patch: object) => (database: Database) => createOperatorKeys(database).set(keyId('a'), patch);
    await place.atOnce(/INTO key_settings/, set({ weight: 3 }), set({ label: 'spare' }));
    expect((await createOperatorKeys(place.one).settings()).get(keyId('a'))).toEqual({ weight: 3, label: 'spare' });
    const key = { id: keyId('a'), provider: 'bytez', sealed: 'sealed', addedAtMs: 0 };
    const add = (database: Database) => createOperatorKeys(database).add(key);
    expect((await place.atOnce(/INTO added_keys/, add, add)).toSorted()).toEqual([false, true]);
  });

  test('a notice is told by one process', async () => {
    await using place = await twoProcesses();
    const tell = (database: Database) => createNotices(database).mayTell('key-ends:a:2026-02-01', 0);
    expect((await place.atOnce(/INTO notices/, tell, tell)).toSorted()).toEqual([false, true]);
    expect(await tell(place.one)).toBe(false);
  });

  test('a command that a second process executes again keeps its first answer', async () => {
    await using place = await twoProcesses();
    const [one, other] = [createAdminCommands(place.one), createAdminCommands(place.other)];
    const seq = await one.ask({ kind: 'block', id: 7 }, 0);
    await one.answer(seq, { kind: 'block-changed', value: true }, 1);
    await other.answer(seq, { kind: 'block-changed', value: false }, 2);
    expect(await one.answerOf(seq)).toEqual({ kind: 'block-changed', value: true });
  });

  test('a message that one process has told is not given up by another whose try failed', async () => {
    await using place = await twoProcesses();
    const [one, other] = [createWebhookOutbox(place.one), createWebhookOutbox(place.other)];
    await one.add({ id: 'msg_1', target: 'jobs', type: 'job.failed', body: '{}', createdAtMs: 0 }, 100);
    await one.delivered('msg_1', 1);
    await other.failed('msg_1', 'HTTP 500', 2);
    await other.postpone('msg_1', 'HTTP 500', 3);
    expect(await one.list({ count: 9 })).toMatchObject([{ id: 'msg_1', state: 'delivered', tries: 1 }]);
    const replay = (database: Database) => createWebhookOutbox(database).replay(['msg_1'], 5, 100);
    await place.atOnce(/UPDATE webhook_outbox/, replay, replay);
    expect(await one.due(5, 9)).toMatchObject([{ id: 'msg_1', tries: 0 }]);
  });

  test('a message to everybody is started once, and taken once for each person', async () => {
    await using place = await twoProcesses();
    const { one } = place;
    await one.commit(function* () {
      const sql = 'INSERT INTO people (id, has_chat, first_seen_ms, last_seen_ms) VALUES (?, 1, 0, 0)';
      for (const id of [1, 2, 3]) yield* one.run(sql, id);
    });
    const id = await createBroadcasts(one).draft({ adminId: 9, locale: 'en', words: 'News' }, 0);
    const start = (database: Database) => createBroadcasts(database).start(id, 5);
    expect((await place.atOnce(/UPDATE broadcasts/, start, start)).toSorted()).toEqual([false, true]);
    const take = (database: Database) => createBroadcasts(database).take(id, 2);
    expect((await place.atOnce(/UPDATE broadcast_people/, take, take)).toSorted()).toEqual([false, true]);
    expect(await createBroadcasts(one).progress(id)).toMatchObject({ total: 3, waiting: 3 });
  });

  test('who asks to be let in, and for their data, asks once; one admin decides', async () => {
    await using place = await twoProcesses();
    const request = { id: 7, askedBy: 7, name: 'Ada', chatId: 7, locale: 'de' };
    const ask = (database: Database) => createAccess(database).ask(request, 0);
    expect((await place.atOnce(/INTO access/, ask, ask)).toSorted()).toEqual([false, true]);
    const decide = (database: Database) => createAccess(database).decide(7, 'allowed', 9);
    const decided = await place.atOnce(/UPDATE access/, decide, decide);
    expect(decided.filter((one) => one !== undefined)).toHaveLength(1);
    const data = (database: Database) => createExports(database).ask({ userId: 7, chatId: 7, locale: 'de' }, 0, 1_000);
    expect((await place.atOnce(/INTO exports/, data, data)).toSorted()).toEqual(['asked', 'too-soon']);
  });

  test('an installation has one salt, and a client one number', async () => {
    await using place = await twoProcesses();
    const salt = (database: Database) => createKeyStore(database).salt();
    expect(new Set(await place.atOnce(/INTO settings/, salt, salt)).size).toBe(1);
    const number = (database: Database) => createClientStore(database).numberOf('a program');
    expect(new Set(await place.atOnce(/INTO api_clients/, number, number)).size).toBe(1);
  });
});
