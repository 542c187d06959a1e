import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';
import { createLogger, emitTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { filesIn, secretsFound, spellingsOf, type Haystack } from '../support/secret-hunt.ts';
import { adminId, openTestApp, testKey, testToken, type TestApp } from '../support/test-app.ts';

const keyCount = 6;
const keys = Array.from({ length: keyCount }, (_, index) => testKey(index + 1));
const adminToken = 'canary-admin-token-of-the-tests-0123456789';
const secrets = [...keys, testToken, testToken.split(':')[1] ?? '', adminToken];

/** A provider that repeats the key it was given in its answer, plain and coded. */
function gossip(place: number, status: number): readonly BytezFault[] {
  const words = spellingsOf(testKey(place)).join(' or ');
  const body = JSON.stringify({ error: `Cannot serve ${words}`, output: null });
  return [{ do: { kind: 'status', status, body }, when: { times: 2 } }];
}

const accounts: readonly (readonly BytezFault[])[] = [
  gossip(1, 500),
  gossip(2, 401),
  gossip(3, 200),
  [
    { do: { kind: 'error-200', error: `key ${testKey(4)} has no run left` }, when: { times: 1 } },
    { do: { kind: 'media-url', url: `http://user:${testKey(4)}@127.0.0.1:1/${testKey(4)}` }, when: { times: 1 } },
  ],
  [{ do: { kind: 'cut' }, when: { every: 2 } }],
  [{ do: { kind: 'status', status: 502, body: `<html>${testKey(6)}</html>` }, when: { every: 2 } }],
];

/** People ask, keys fail and gossip, Telegram goes away and comes back, an admin looks at the keys. */
async function aBadDay(app: TestApp, clock: FakeClock): Promise<void> {
  const people = Array.from({ length: 8 }, (_, index) => app.person(index + 1));
  for (const person of people) person.say('/generate a fox');
  await passTime(clock, Promise.all(people.map((person) => person.waitFor(hasAnswer))));

  const hold = app.bytez.hold();
  const late = app.person(50);
  late.say('/generate a lake');
  await passTime(
    clock,
    late.waitFor((seen) => seen.some(({ from }) => from === 'bot')),
  );
  app.telegram.setOffline(true);
  hold.release();
  await passTime(
    clock,
    app.event('telegram.error', ({ method }) => method === 'getUpdates'),
  );
  await passTime(
    clock,
    app.event('telegram.error', ({ method }) => method === 'edit'),
  );
  app.telegram.setOffline(false);
  await passTime(clock, late.waitFor(hasPicture));

  app.telegram.addFault({ method: 'sendMessage', chatId: 60, times: 1, do: { kind: 'cut-before' } });
  const unlucky = app.person(60);
  unlucky.say('/start');
  await passTime(
    clock,
    app.event('telegram.error', ({ method }) => method === 'answer'),
  );
  const refused = { kind: 'refuse', code: 400, says: 'Bad Request: something new' } as const;
  app.telegram.addFault({ method: 'sendMessage', chatId: 60, times: 1, do: refused });
  unlucky.say('/start');
  await passTime(clock, app.event('update.failed'));

  const admin = app.person(adminId);
  admin.say('/keys');
  const seen = await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ from }) => from === 'bot')),
  );
  const list = seen.find(({ from }) => from === 'bot');
  for (const id of ['refresh', 'test']) {
    await passTime(clock, admin.press(list?.id ?? 0, `keys:${id}`).answered);
  }
}

async function haystacksOf(app: TestApp): Promise<readonly Haystack[]> {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'trace',
    redactor: createRedactor(secrets.map((secret) => new Secret(secret))),
    destination: { write: (line) => void lines.push(line) },
  });
  const emit = emitTo(logger);
  for (const event of app.events) emit(event);
  const paths = ['/healthz', '/readyz', '/', '/keys', `/?token=${adminToken}`];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(`${app.app.httpUrl}${path}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      });
      return `${inspect(Object.fromEntries(response.headers))} ${await response.text()}`;
    }),
  );
  return [
    ...lines.map((text, index) => ({ where: `log line ${index}: ${text}`, text })),
    ...app.telegram.calls.map((call, index) => ({
      where: `Telegram call ${index}: ${call.method}`,
      text: JSON.stringify(call),
    })),
    ...app.events.flatMap((event, index) => [
      { where: `event ${index}: ${event.event}, inspected`, text: inspect(event, { depth: 10 }) },
      { where: `event ${index}: ${event.event}, as JSON`, text: JSON.stringify(event) },
    ]),
    ...answers.map((text, index) => ({ where: `health API ${paths[index]}`, text })),
    ...filesIn(app.dataDir),
  ];
}

test('after a bad day no key and no token is found anywhere: not in logs, calls, events, answers or files', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts, clock, env: { ADMIN_TOKEN: adminToken, LOG_LEVEL: 'trace' } });
  await aBadDay(app, clock);
  const haystacks = await haystacksOf(app);
  expect(secretsFound(haystacks, secrets)).toEqual([]);

  // The day was as bad as it should be, and everything was looked at.
  const told = new Set(app.events.map(({ event }) => event));
  for (const event of ['attempt.failed', 'job.delivered', 'key.changed', 'telegram.error', 'update.failed']) {
    expect([...told]).toContain(event);
  }
  const gossiped = app.events.filter(
    (event) => event.event === 'attempt.failed' && /\[key\]/.test(event.failure.detail),
  );
  expect(gossiped.length).toBeGreaterThanOrEqual(4);
  for (const part of [
    'log line',
    'Telegram call',
    'event',
    'health API',
    'darkroom.db',
    'darkroom.db-wal',
    'results',
  ]) {
    expect(haystacks.filter(({ where }) => where.includes(part)).length).toBeGreaterThan(0);
  }

  // Closing writes for the last time.
  await app.restart();
  expect(secretsFound(filesIn(app.dataDir), secrets)).toEqual([]);
});

test('the search finds a secret wherever and however it is hidden', async () => {
  await using app = await openTestApp();
  const database = join(app.dataDir, 'planted.db');
  appendFileSync(database, Buffer.concat([Buffer.from([0, 255, 7]), Buffer.from(testKey(1)), Buffer.from([0])]));
  expect(secretsFound(filesIn(app.dataDir), secrets)).toEqual([database]);
  for (const secret of secrets) {
    const hidden = [
      secret,
      secret.toUpperCase(),
      encodeURIComponent(secret),
      encodeURIComponent(encodeURIComponent(secret)),
      Buffer.from(secret).toString('hex'),
      ...['', 'x', 'xy', 'xyz'].map((before) => Buffer.from(`${before}${secret}${before}`).toString('base64')),
      Buffer.from(`Bearer ${secret}`).toString('base64url'),
      JSON.stringify({ deep: [{ key: `a${secret}z` }] }),
      inspect({ a: { b: { c: { d: [secret] } } } }, { depth: 10 }),
    ].map((text, index) => ({ where: String(index), text: `before ${text} after` }));
    expect(secretsFound(hidden, secrets)).toEqual(hidden.map(({ where }) => where));
  }
  const innocent = [{ where: 'here', text: 'bytez #1 9f2c0011aa22bb33 canary' }];
  expect(secretsFound(innocent, secrets)).toEqual([]);
});
