import { parseConfig } from '../src/config.ts';
import type { Tell } from '../src/domain/events.ts';
import { type JobId, jobId } from '../src/domain/ids.ts';
import type { Lane } from '../src/domain/job.ts';
import type { JobEngine } from '../src/domain/job-engine.ts';
import type { Provider } from '../src/domain/provider.ts';
import type { ProviderName } from '../src/domain/provider-name.ts';
import type { ResultKeeper } from '../src/domain/result-keeper.ts';
import { GenerationService } from '../src/generation/generation-service.ts';
import { KeyDesk } from '../src/keys/key-desk.ts';
import { KeyPool } from '../src/keys/key-pool.ts';
import { poolKeys } from '../src/keys/pool-keys.ts';
import type { Random } from '../src/kit/random.ts';
import { Secret } from '../src/kit/secret.ts';
import type { VirtualClock } from '../src/kit/virtual-clock.ts';
import { createBytezProvider } from '../src/providers/bytez/bytez-provider.ts';
import { openDatabase } from '../src/storage/database.ts';
import { createSqliteJobEngine } from '../src/storage/sqlite-job-engine.ts';
import { createSqliteKeyStore } from '../src/storage/sqlite-key-store.ts';
import { type MoodyProvider, moodyProvider } from './moody-provider.ts';
import { modelTraits } from '../src/providers/registry.ts';

const keys = 6;
const seatsPerKey = 2;
const chain = [{ provider: 'bytez', model: 'campaign/model' }] as const;
/** So many of all files cannot be fetched at the first try. */
const lateFiles = 0.03;

/** Service, pool, desk, engine and adapter of the house on a clock that is moved by hand. */
export type VirtualHouse = AsyncDisposable & {
  readonly provider: MoodyProvider;
  ask(request: number, userId: number, lane: Lane): Promise<boolean>;
  cancel(request: number, userId: number): Promise<void>;
  /** Seats that carry a call. */
  leased(): number;
  /** Jobs that have no outcome yet, or that nobody was told of. */
  open(): Promise<number>;
  /** How many jobs have ended. */
  readonly ended: number;
  /** What no rule foresees. */
  readonly trouble: readonly unknown[];
};

export async function openVirtualHouse(clock: VirtualClock, random: Random): Promise<VirtualHouse> {
  await using opening = new AsyncDisposableStack();
  const config = parseConfig({});
  const database = opening.use(openDatabase({ path: ':memory:' }));
  const engine = createSqliteJobEngine(database);
  const store = createSqliteKeyStore(database);
  const provider = moodyProvider(clock, random);
  const bytez = createBytezProvider({ baseUrl: 'http://campaign', http: provider, now: () => clock.now() });
  const providers = new Map<ProviderName, Provider>([['bytez', bytez]]);
  const trouble: unknown[] = [];
  const tell: Tell = (event) => {
    if (event.event === 'house.trouble') trouble.push(event.error);
  };
  const places = Array.from({ length: keys }, (_, index) => index + 1);
  const pool = opening.use(
    new KeyPool({
      keys: poolKeys(
        places.map((place) => ({
          provider: 'bytez',
          place,
          secret: new Secret(`campaign-key-${place}`),
          weight: 1,
        })),
        'salt of the campaign',
        () => seatsPerKey,
      ),
      remembered: [],
      strategy: config.rotation,
      clock,
      random,
      tell,
    }),
  );
  opening.use(new KeyDesk({ pool, providers, store, clock, tell, checkEveryMs: config.healthCheckIntervalMs }));
  const { retry: rules, timeoutMs, deadlineMs, running, waiting } = config;
  const anyNumber = { image: -1, video: -1 };
  const service = new GenerationService({
    ...engine,
    pool,
    models: modelTraits,
    providers,
    keeper: forgetfulKeeper(random),
    clock,
    random,
    tell,
    chains: { image: chain, video: chain },
    rules,
    timeoutMs,
    deadlineMs,
    running,
    waiting,
    perDay: { premium: anyNumber, free: anyNumber },
    maxWaitMs: Number.MAX_SAFE_INTEGER,
  });
  let ended = 0;
  opening.use(
    service.onEnded((id) => {
      ended += 1;
      tellOf(engine, id, clock.now()).catch((error: unknown) => trouble.push(error));
    }),
  );
  service.start();

  const opened = opening.move();
  return {
    provider,
    trouble,
    get ended() {
      return ended;
    },
    ask: async (request, userId, lane) => {
      const origin = { chatId: userId, chatType: 'private', userId, messageId: request } as const;
      const prompt = `a red fox, number ${request}`;
      const asked = { kind: 'image', prompt, lane, locale: 'en', updateId: request, origin } as const;
      return (await service.submit(asked)).kind === 'accepted';
    },
    cancel: async (request, userId) => void (await service.cancel(jobId(`tg-${request}`), userId)),
    leased: () => pool.snapshot().keys.reduce((sum, { inFlight }) => sum + inFlight, 0),
    open: async () => {
      const { lines, undelivered } = await engine.reader.stats();
      return lines.reduce((sum, line) => sum + line.running + line.waiting.free + line.waiting.premium, undelivered);
    },
    [Symbol.asyncDispose]: async () => {
      await service.drain(AbortSignal.abort());
      await opened.disposeAsync();
    },
  };
}

async function tellOf(engine: JobEngine, id: JobId, nowMs: number): Promise<void> {
  const telling = await engine.delivery.claim(id);
  if (telling !== undefined) await engine.delivery.done(telling.lease, nowMs);
}

/** Has most results at once, and some at the second try. */
function forgetfulKeeper(random: Random): ResultKeeper {
  const failure = { blame: 'provider', reason: 'result-unavailable', detail: 'HTTP 404' } as const;
  return {
    find: async () => undefined,
    remove: async () => false,
    keep: async () =>
      random() < lateFiles
        ? { ok: false, failure, again: true }
        : { ok: true, file: { path: '/dev/null', kind: 'image', mime: 'image/png', bytes: 1 } },
  };
}
