import type { Core } from '../../src/app/core.ts';
import { openCore } from '../../src/app/open-core.ts';
import { sqliteOf } from '../support/sqlite-of.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { Downloaded, MediaFile, ResultStore } from '../../src/domain/media.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { fakeClock } from '../support/fake-clock.ts';

const settings = {
  IMAGE_CHAIN: 'bytez:fox',
  VIDEO_CHAIN: 'bytez:fox',
  ROTATION_STRATEGY: 'primary-first',
  KEYS_TEST_ON_START: 'off',
  HEALTH_CHECK_INTERVAL_S: '0',
  FREE_IMAGES_PER_DAY: '-1',
};
const running = { premium: 1, free: 1 };

export const url = 'https://cdn.example/fox.png';
export const file: MediaFile = { path: 'results/job-tg-1.png', kind: 'image', mime: 'image/png', bytes: 9 };
const gone: Downloaded = {
  ok: false,
  failure: { blame: 'provider', reason: 'result-unavailable', detail: 'no picture' },
  retryable: false,
};
export const id = jobId('tg-1');

/** One request in front of the real service, one process after the other over the same ledger. */
export function anAnswerStage(reply: ProviderReply = { ok: true, source: { kind: 'url', url } }) {
  const clock = fakeClock();
  let ledger: Storage | undefined;
  const events: AppEvent[] = [];
  const fetched: string[] = [];
  const removed: JobId[] = [];
  const onDisk = new Set<JobId>();
  let asked = 0;
  /** What the next fetches come to; the file, when nothing else is scripted. */
  const script: ('hangs' | 'takes a second' | 'is useless' | Error)[] = [];
  const results: ResultStore = {
    open: async () => undefined,
    list: async () => [...onDisk],
    find: async (_kind, job) => (onDisk.has(job) ? file : undefined),
    remove: async (job) => {
      removed.push(job);
      return onDisk.delete(job);
    },
    download: async (source, _kind, job, signal) => {
      fetched.push(source.kind === 'url' ? source.url : 'bytes');
      const next = script.shift();
      if (next instanceof Error) throw next;
      if (next === 'is useless') return gone;
      if (next === 'takes a second') await clock.sleep(1_000, signal);
      if (next === 'hangs') await clock.sleep(1e9, signal);
      onDisk.add(job);
      return { ok: true, file };
    },
  };
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async () => {
      asked += 1;
      return reply;
    },
  };
  let core: Core | undefined;
  /** Another process on the same ledger; what an earlier one left is recovered as at every start. */
  const open = async (keys = 1) => {
    core = await openCore({
      config: parseConfig(settings),
      keys: Array.from({ length: keys }, (_, index) => ({
        provider: 'bytez',
        place: index + 1,
        secret: new Secret(`secret-of-key-${index + 1}`),
        weight: 1,
      })),
      clock,
      random: () => 0.5,
      emit: (event) => void events.push(event),
      parts: {
        databasePath: ':memory:',
        storage: (opened) => {
          ledger ??= opened;
          return { ...ledger, engine: createJobEngine({ database: ledger.database, clock, running }) };
        },
        providers: () => new Map([['bytez', provider]]),
        results,
      },
    });
    core.start();
    await clock.advance(0);
    return core;
  };
  const opened = () => {
    if (core === undefined) throw new Error('Cannot look before the stage is open');
    return core;
  };
  return {
    clock,
    get database() {
      return sqliteOf(opened().storage.database);
    },
    get engine() {
      return opened().storage.engine;
    },
    events,
    fetched,
    removed,
    onDisk,
    script,
    asked: () => asked,
    open,
    /** A person asks, and what follows happens as far as it can. */
    ask: async () => {
      const origin = { chatId: 7, chatType: 'private', userId: 7, messageId: 1 } as const;
      await opened().service.submit({
        kind: 'image',
        prompt: 'a fox',
        lane: 'free',
        locale: 'en',
        updateId: 1,
        origin,
      });
      await clock.advance(0);
    },
    /** The process ends at once, and another one takes over. */
    dieAndOpen: async (keys = 1) => {
      await open(keys);
    },
    state: async () => {
      const job = await opened().storage.engine.reader.find(id);
      if (job === undefined) return 'gone';
      const { state, progress } = job;
      const facts = 'outcome' in state ? { outcome: state.outcome } : {};
      return { kind: state.kind, attempts: progress.attempts, calls: progress.calls, ...facts };
    },
    answer: () => sqliteOf(opened().storage.database).getNow('SELECT answer FROM jobs')?.['answer'],
    [Symbol.dispose]: () => (ledger === undefined ? undefined : sqliteOf(ledger.database)[Symbol.dispose]()),
  };
}
