import { sqliteOf } from '../support/sqlite-of.ts';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { CoreParts } from '../../src/app/core-parts.ts';
import { openCore } from '../../src/app/open-core.ts';
import { instantResults } from '../../simulator/instant-results.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';

const picture: ProviderReply = { ok: true, source: { kind: 'url', url: 'https://cdn.example/fox.png' } };
const origin = { chatId: 7, chatType: 'private', userId: 7, messageId: 1 } as const;
const fox = { kind: 'image', prompt: 'a fox', lane: 'free', locale: 'en', updateId: 1, origin } as const;
const env = {
  IMAGE_CHAIN: 'bytez:fox',
  VIDEO_CHAIN: 'bytez:fox',
  KEYS_TEST_ON_START: 'off',
  HEALTH_CHECK_INTERVAL_S: '0',
  DRAIN_S: '0.5',
};

function scratch() {
  const root = mkdtempSync(join(tmpdir(), 'darkroom-core-'));
  return { dir: join(root, 'data'), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** A provider that answers with a picture, or hangs until its call is aborted. */
function aProvider(how: 'answers' | 'hangs', onAbort: () => void = () => undefined): Provider {
  return {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (_request, _secret, signal) => {
      if (how === 'answers') return picture;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          onAbort();
          reject(signal.reason as Error);
        });
      });
    },
  };
}

type Given = {
  readonly dir: string;
  readonly clock?: FakeClock;
  readonly provider?: Provider;
  readonly events?: AppEvent[];
  readonly parts?: CoreParts;
  readonly botId?: number;
};

function aCore({ dir, clock = fakeClock(), provider = aProvider('answers'), events = [], parts, botId }: Given) {
  return openCore({
    config: parseConfig({ ...env, DATA_DIR: dir }),
    keys: [{ provider: 'bytez', place: 1, secret: new Secret('a-key-of-the-tests'), weight: 1 }],
    clock,
    random: () => 0.5,
    emit: (event) => void events.push(event),
    ...(botId === undefined ? {} : { botId }),
    parts: { providers: () => new Map([['bytez', provider]]), results: instantResults(), ...parts },
  });
}

test('openCore() makes pictures without Telegram and without an HTTP server', async () => {
  using place = scratch();
  const clock = fakeClock();
  const events: AppEvent[] = [];
  await using core = await aCore({ dir: place.dir, clock, events });
  const ended: JobId[] = [];
  core.service.onEnded((id) => void ended.push(id));
  core.start();
  await core.service.submit(fox);
  // Each step is durable first, and the disk keeps a time of its own.
  await vi.waitFor(() => expect(ended).toEqual(['tg-1']), 60_000);
  const steps = ['job.accepted', 'job.started', 'attempt.started', 'attempt.succeeded', 'job.produced'];
  await vi.waitFor(() => expect(events.map(({ event }) => event)).toEqual(steps), 60_000);
});

test('openCore() owns its data folder until it is closed', async () => {
  using place = scratch();
  {
    await using _core = await aCore({ dir: place.dir });
    await expect(aCore({ dir: place.dir })).rejects.toMatchObject({ code: 'owned' });
  }
  using _lock = takeOwnership(place.dir);
});

test('openCore() with a database in memory and replaced results writes nothing to the data folder', async () => {
  using place = scratch();
  const clock = fakeClock();
  {
    await using core = await aCore({ dir: place.dir, clock, parts: { databasePath: ':memory:' } });
    core.start();
    await core.service.submit(fox);
    await clock.advance(0);
    expect((await core.storage.engine.reader.find('tg-1' as JobId))?.state.kind).toBe('ended');
    await core.drain(AbortSignal.abort());
  }
  expect(existsSync(place.dir)).toBe(false);
});

test('Core.drain() waits for running jobs until patience ends, then requeues them', async () => {
  using place = scratch();
  const clock = fakeClock();
  await using core = await aCore({ dir: place.dir, clock, provider: aProvider('hangs') });
  core.start();
  await core.service.submit(fox);
  await clock.advance(0);
  const patience = new AbortController();
  const draining = core.drain(patience.signal);
  await clock.advance(60_000);
  expect((await core.storage.engine.reader.stats()).lines[0]?.running).toBe(1);
  patience.abort();
  expect([await draining, await core.drain(new AbortController().signal)]).toEqual([1, 1]);
});

test('a core closes in order: no new jobs, calls aborted, keys saved, storage closed, end reported', async () => {
  using place = scratch();
  const clock = fakeClock();
  const order: string[] = [];
  const core = await aCore({
    dir: place.dir,
    clock,
    provider: aProvider('hangs', () => {
      order.push('call broken off');
      // Learned at the last moment.
      core.keys.disable('all');
    }),
    parts: {
      databasePath: join(place.dir, 'darkroom.db'),
      storage: (opened) => ({
        ...opened,
        keyStore: {
          ...opened.keyStore,
          save: async (records) => {
            await opened.keyStore.save(records);
            order.push('keys saved');
          },
        },
      }),
    },
  });
  core.events.subscribe(({ event }) => {
    if (event !== 'app.stopping' && event !== 'app.stopped') return;
    order.push(event);
  });
  core.start();
  const called = new Promise<void>((resolve) => {
    core.events.on(['attempt.started'], () => resolve());
  });
  await core.service.submit(fox);
  await called;
  await clock.advance(1_500);
  order.length = 0;
  const closing = core[Symbol.asyncDispose]();
  await clock.advance(499);
  expect(order).toEqual(['app.stopping']);
  await clock.advance(1);
  await closing;
  // Once more when the seat of the call that was broken off has come back.
  expect(order).toEqual(['app.stopping', 'call broken off', 'keys saved', 'keys saved', 'app.stopped']);
  expect(() => sqliteOf(core.storage.database).getNow('SELECT 1')).toThrow(/not open|closed/);
  using database = openDatabase({ path: join(place.dir, 'darkroom.db') });
  expect(database.getNow('SELECT state, attempts FROM jobs')).toEqual({
    state: 'waiting',
    attempts: 0,
  });
});

test('a core that was never started has no end to report', async () => {
  using place = scratch();
  const events: AppEvent[] = [];
  {
    await using _core = await aCore({ dir: place.dir, events });
  }
  expect(events).toEqual([]);
});

test('openCore() closes only what it opened itself', async () => {
  using place = scratch();
  const closed: string[] = [];
  const wire = {
    call: async () => ({ kind: 'unreachable', detail: 'no network' }) as never,
    [Symbol.asyncDispose]: async () => void closed.push('wire'),
  };
  const given: unknown[] = [];
  {
    await using _core = await aCore({
      dir: place.dir,
      parts: {
        http: wire,
        providers: (http) => {
          given.push(http);
          return new Map();
        },
      },
    });
  }
  expect([given[0] === wire, closed]).toEqual([true, []]);
});

test('openCore() refuses the database of another bot before anything changes in it', async () => {
  using place = scratch();
  const clock = fakeClock();
  {
    await using first = await aCore({ dir: place.dir, clock, botId: 1 });
    await first.service.submit(fox);
    await first.storage.engine.queue.claim('bytez');
  }
  await expect(aCore({ dir: place.dir, botId: 2 })).rejects.toMatchObject({ code: 'foreign' });
  using database = openDatabase({ path: join(place.dir, 'darkroom.db') });
  expect(database.getNow('SELECT state, crashes FROM jobs')).toEqual({ state: 'running', crashes: 0 });
});

test('openCore() reports the jobs of an earlier process, and raises an alert for those it sets aside', async () => {
  using place = scratch();
  const clock = fakeClock();
  {
    await using first = await aCore({ dir: place.dir, clock });
    await first.service.submit(fox);
    await first.storage.engine.queue.claim('bytez');
    sqliteOf(first.storage.database).runNow('UPDATE jobs SET crashes = 5');
  }
  const events: AppEvent[] = [];
  await using second = await aCore({ dir: place.dir, clock, events });
  expect(events.map(({ event }) => event)).toEqual(['app.recovered', 'job.dead-lettered', 'alert.raised']);
  expect((await second.admin.alerts()).map(({ id }) => id)).toEqual(['job-dead-lettered:tg-1']);
});

test('an error of a subscriber affects nothing else in openCore()', async () => {
  using place = scratch();
  const clock = fakeClock();
  const events: AppEvent[] = [];
  await using core = await aCore({ dir: place.dir, clock, events });
  core.events.on(['job.accepted'], () => {
    throw new Error('broken');
  });
  core.start();
  expect(await core.service.submit(fox)).toMatchObject({ kind: 'accepted' });
  const stateOf = async () => (await core.storage.engine.reader.find('tg-1' as JobId))?.state.kind;
  await vi.waitFor(async () => expect(await stateOf()).toBe('ended'), 60_000);
  expect(events.filter(({ event }) => event === 'app.error')).toHaveLength(1);
});
