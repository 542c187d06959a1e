import type { HouseEvent } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { MediaFile } from '../../src/domain/media.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import type { Kept, ResultKeeper } from '../../src/domain/result-keeper.ts';
import { GenerationService } from '../../src/generation/generation-service.ts';
import { KeyPool } from '../../src/keys/key-pool.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSqliteJobEngine } from '../../src/storage/sqlite-job-engine.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { modelTraits } from '../../src/providers/registry.ts';

export const url = 'https://cdn.example/fox.png';
export const file: MediaFile = { path: 'results/job-tg-1.png', kind: 'image', mime: 'image/png', bytes: 9 };
const gone: Kept = {
  ok: false,
  failure: { blame: 'provider', reason: 'result-unusable', detail: 'no picture' },
  again: false,
};
export const id = jobId('tg-1');

/** One request in front of the real service, one process after the other over the same ledger. */
export function anAnswerStage(reply: ProviderReply = { ok: true, source: { kind: 'url', url } }) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const newOwner = () => createSqliteJobEngine({ database, clock, running: { premium: 1, free: 1 } });
  let engine = newOwner();
  const events: HouseEvent[] = [];
  const tell = (event: HouseEvent) => void events.push(event);
  const fetched: string[] = [];
  const removed: JobId[] = [];
  const onDisk = new Set<JobId>();
  let asked = 0;
  /** What the next fetches come to; the file, when nothing else is scripted. */
  const script: ('hangs' | 'takes a second' | 'is useless' | Error)[] = [];
  const keeper: ResultKeeper = {
    find: async (_kind, job) => (onDisk.has(job) ? file : undefined),
    remove: async (job) => {
      removed.push(job);
      return onDisk.delete(job);
    },
    keep: async (source, _kind, job, signal) => {
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
  const chain = [{ provider: 'bytez', model: 'fox' }] as const;
  const each = <Value>(value: Value) => ({ premium: value, free: value });
  const kinds = <Value>(value: Value) => ({ image: value, video: value });
  let service: GenerationService | undefined;
  const open = (keys = 1) => {
    const pool = new KeyPool({
      keys: Array.from({ length: keys }, (_, index) => aKey(index + 1)),
      remembered: [],
      strategy: 'primary-first',
      clock,
      random: () => 0.5,
      tell,
    });
    service = new GenerationService({
      ...engine,
      pool,
      keeper,
      clock,
      tell,
      models: modelTraits,
      providers: new Map([['bytez', provider]]),
      random: () => 0.5,
      chains: kinds(chain),
      rules: { maxAttempts: 3, delayMs: 2_000 },
      timeoutMs: kinds(90_000),
      deadlineMs: kinds(600_000),
      waiting: each(9),
      perDay: each(kinds(-1)),
      maxWaitMs: Number.MAX_SAFE_INTEGER,
    });
    service.start();
    return service;
  };
  return {
    clock,
    database,
    get engine() {
      return engine;
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
      await service?.submit({ kind: 'image', prompt: 'a fox', lane: 'free', locale: 'en', updateId: 1, origin });
      await clock.advance(0);
    },
    /** The process ends at once, and another one takes over. */
    dieAndOpen: async (keys = 1) => {
      engine = newOwner();
      await engine.queue.recover(6);
      open(keys);
      await clock.advance(0);
    },
    state: async () => {
      const job = await engine.reader.find(id);
      if (job === undefined) return 'gone';
      const { state, progress } = job;
      const facts = 'outcome' in state ? { outcome: state.outcome } : {};
      return { kind: state.kind, attempts: progress.attempts, calls: progress.calls, ...facts };
    },
    answer: () => database.get('SELECT answer FROM jobs')?.['answer'],
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
