import { perKind } from '../../src/domain/kinds.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { jobId } from '../../src/domain/ids.ts';
import type { MediaFile, ResultDownloader } from '../../src/domain/media.ts';
import type { Operation } from '../../src/domain/provider.ts';
import type { AsynchronousProvider, ProviderReply, StatusReply } from '../../src/domain/provider.ts';
import { GenerationService } from '../../src/jobs/generation-service.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { modelTraits } from '../../src/providers/registry.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';

export const id = jobId('tg-1');
export const done: ProviderReply = { ok: true, source: { kind: 'url', url: 'https://cdn.example/film.mp4' } };
export const file: MediaFile = { path: 'results/job-tg-1.mp4', kind: 'video', mime: 'video/mp4', bytes: 9 };
export const running: StatusReply = { kind: 'running' };
export const unclear: StatusReply = {
  kind: 'unclear',
  failure: { blame: 'provider', reason: 'unreachable', detail: 'cut' },
};
export const failedRun: StatusReply = {
  kind: 'ended',
  reply: { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: 'the run failed' } },
};

/** One provider whose runs take their time, with as many keys as are asked for. */
function aFarm() {
  const submits: string[] = [];
  const looks: string[] = [];
  const cancels: string[] = [];
  let status: (looks: number) => StatusReply | Promise<StatusReply> = () => running;
  let cancel = async (): Promise<void> => undefined;
  const nameOf = (operation: Operation) => JSON.stringify(operation['run']).slice(1, -1);
  const provider: AsynchronousProvider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    start: async (_request, secret) => {
      submits.push(secret.reveal());
      return { ok: true, operation: { run: `run-${submits.length}`, urls: ['https://farm.example/1'] } };
    },
    status: async (operation, secret) => {
      looks.push(`${nameOf(operation)} ${secret.reveal()}`);
      return await status(looks.length);
    },
    cancel: async (operation, secret) => {
      cancels.push(`${nameOf(operation)} ${secret.reveal()}`);
      await cancel();
    },
  };
  return {
    provider,
    submits,
    looks,
    cancels,
    answers: (next: typeof status) => void (status = next),
    cancelsBy: (next: typeof cancel) => void (cancel = next),
  };
}

/** Requests for videos in front of the real service and engine, one process after the other over the same database. */
export function anOperationStage({ keys = 2, people = 1 } = {}) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const newOwner = () => createJobEngine({ database, clock, running: { premium: 9, free: 9 }, lines: ['bytez'] });
  let engine = newOwner();
  const events: AppEvent[] = [];
  const farm = aFarm();
  const resultStore: ResultDownloader = {
    find: async () => undefined,
    remove: async () => false,
    download: async () => ({ ok: true, file }),
  };
  const chain = [{ provider: 'bytez', model: 'film' }] as const;
  const kinds = <Value>(value: Value) => perKind(() => value);
  const each = <Value>(value: Value) => ({ premium: value, free: value });
  let service: GenerationService;
  let alive = { now: true };
  let pool: KeyPool;
  const open = (places = Array.from({ length: keys }, (_, index) => index + 1)) => {
    const process = { now: true };
    alive = process;
    const emit = (event: AppEvent) => void (process.now && events.push(event));
    const provider: AsynchronousProvider = {
      ...farm.provider,
      status: (...asked) => (process.now ? farm.provider.status(...asked) : new Promise(() => undefined)),
    };
    pool = new KeyPool({
      keys: places.map((place) => aKey(place)),
      remembered: [],
      strategy: 'primary-first',
      clock,
      random: () => 0.5,
      emit,
    });
    service = new GenerationService({
      ...engine,
      pool,
      resultStore,
      clock,
      emit,
      models: modelTraits,
      providers: new Map([['bytez', provider]]),
      random: () => 0.5,
      chains: kinds(chain),
      rules: { maxAttempts: 3, delayMs: 2_000 },
      timeoutMs: kinds(180_000),
      deadlineMs: kinds(1_800_000),
      waiting: each(9),
      perDay: each(kinds(-1)),
      running: { premium: 1_000, free: 1_000 },
      maxWaitMs: Number.MAX_SAFE_INTEGER,
    });
    service.start();
  };
  open();
  return {
    clock,
    database,
    events,
    farm,
    get engine() {
      return engine;
    },
    get pool() {
      return pool;
    },
    get service() {
      return service;
    },
    /** Each person asks for a video, and what follows happens as far as it can. */
    ask: async () => {
      for (let person = 1; person <= people; person += 1) {
        const origin = { chatId: person, chatType: 'private', userId: person, messageId: 1 } as const;
        const request = {
          kind: 'video',
          prompt: 'a fox',
          lane: 'free',
          locale: 'en',
          updateId: person,
          origin,
        } as const;
        await service.submit(request);
      }
      await clock.advance(0);
    },
    /** The process ends at once, and another one takes over with the keys of these places. */
    dieAndOpen: async (places?: readonly number[]) => {
      alive.now = false;
      engine = newOwner();
      await engine.queue.recover(6);
      open(places === undefined ? undefined : [...places]);
      await clock.advance(0);
    },
    /** The process stops in order, and another one takes over. */
    stopAndOpen: async () => {
      await service.drain(AbortSignal.abort());
      engine = newOwner();
      await engine.queue.recover(6);
      open();
      await clock.advance(0);
    },
    operation: () => database.getNow('SELECT operation FROM jobs')?.['operation'],
    state: async () => (await engine.reader.find(id))?.state,
    endings: async () => (await engine.reader.trailOf(id)).map(({ ending }) => ending.kind),
    inFlight: () => pool.snapshot().keys.map((key) => key.inFlight),
    names: () => events.map(({ event }) => event).filter((event) => event.startsWith('attempt.')),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
