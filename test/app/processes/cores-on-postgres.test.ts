import { expect, test } from 'vitest';
import { openCore } from '../../../src/app/open-core.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { Provider, ProviderReply } from '../../../src/domain/provider.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { instantResults } from '../../../simulator/instant-results.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

const picture: ProviderReply = { ok: true, source: { kind: 'url', url: 'https://cdn.example/fox.png' } };
const requestOf = (updateId: number) =>
  ({
    kind: 'image',
    prompt: 'a fox',
    lane: 'free',
    locale: 'en',
    updateId,
    origin: { chatId: updateId, chatType: 'private', userId: updateId, messageId: 1 },
  }) as const;

/** A core of its own process on the database; its provider answers, or hangs until its call is broken off. */
function aCore(url: Secret, how: 'answers' | 'hangs', events: AppEvent[], botId = 123_456_789) {
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (_request, _secret, signal) => {
      if (how === 'answers') return picture;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
  return openCore({
    config: parseConfig({
      IMAGE_CHAIN: 'bytez:fox',
      VIDEO_CHAIN: 'bytez:fox',
      KEYS_TEST_ON_START: 'off',
      HEALTH_CHECK_INTERVAL_S: '0',
      DRAIN_S: '0.5',
      DATABASE_URL: url.reveal(),
    }),
    keys: [{ provider: 'bytez', place: 1, secret: new Secret('a-key-of-the-tests'), weight: 1 }],
    clock: systemClock,
    random: () => 0.5,
    botId,
    emit: (event) => void events.push(event),
    parts: { providers: () => new Map([['bytez', provider]]), results: instantResults() },
  });
}

test.runIf(hasPostgres)('openCore() on PostgreSQL makes in one process what another one has accepted', async () => {
  await using place = await testDatabase();
  const events: AppEvent[] = [];
  await using taking = await aCore(place.url, 'answers', []);
  await using making = await aCore(place.url, 'answers', events);
  making.start();
  const submitted = await Promise.all([1, 2, 3].map((updateId) => taking.service.submit(requestOf(updateId))));
  expect(submitted.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
  await expect.poll(async () => (await taking.storage.engine.reader.stats()).undelivered).toBe(3);
  expect(events.filter(({ event }) => event === 'app.error')).toEqual([]);
  expect([taking.takesWrites(), making.takesWrites()]).toEqual([true, true]);
});

test.runIf(hasPostgres)('openCore() on PostgreSQL breaks off what another process cancels', async () => {
  await using place = await testDatabase();
  await using taking = await aCore(place.url, 'answers', []);
  await using making = await aCore(place.url, 'hangs', []);
  making.start();
  const submitted = await taking.service.submit(requestOf(1));
  if (submitted.kind !== 'accepted') throw new Error('Cannot cancel what was not accepted');
  const { reader } = taking.storage.engine;
  await expect.poll(async () => (await reader.trailOf(submitted.job.id)).length).toBe(1);
  await taking.service.cancel(submitted.job.id, 1);
  await expect.poll(async () => (await reader.trailOf(submitted.job.id))[0]?.ending.kind).toBe('broken-off');
  expect((await reader.find(submitted.job.id))?.state).toMatchObject({ outcome: { kind: 'cancelled' } });
});

test.runIf(hasPostgres)('openCore() refuses a PostgreSQL database of another bot', async () => {
  await using place = await testDatabase();
  await (await aCore(place.url, 'answers', []))[Symbol.asyncDispose]();
  await expect(aCore(place.url, 'answers', [], 987_654_321)).rejects.toMatchObject({
    code: 'foreign',
    message: expect.stringContaining('set DATABASE_URL to a database of its own') as string,
  });
});
