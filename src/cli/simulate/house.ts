import { parseConfig } from '../../config.ts';
import type { Tell } from '../../domain/events.ts';
import { type JobId, jobId, type KeyId } from '../../domain/ids.ts';
import type { Provider } from '../../domain/provider.ts';
import type { ProviderName } from '../../domain/provider-name.ts';
import type { ResultKeeper } from '../../domain/result-keeper.ts';
import { GenerationService } from '../../generation/generation-service.ts';
import { KeyDesk } from '../../keys/key-desk.ts';
import { KeyPool } from '../../keys/key-pool.ts';
import { poolKeys } from '../../keys/pool-keys.ts';
import { type StrategyName, strategies } from '../../keys/strategies.ts';
import { createBytezProvider } from '../../providers/bytez/bytez-provider.ts';
import { openDatabase } from '../../storage/database.ts';
import { createSqliteJobEngine } from '../../storage/sqlite-job-engine.ts';
import { createSqliteKeyStore } from '../../storage/sqlite-key-store.ts';
import type { Contender, Opened, Stage } from './contender.ts';
import { keyAt, promptOf, worldHttp } from './world-http.ts';
import { modelTraits } from '../../providers/registry.ts';

export const strategyNames = Object.keys(strategies) as readonly StrategyName[];

/** What a key is believed to carry: the default of Bytez where seats are what the row is about. */
const seatsHint = { scarce: 1, plenty: 4 } as const;
const chain = [{ provider: 'bytez', model: 'simulated/model' }] as const;
const penalties: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);

/** The keeper has the result at once: what is compared is the way to it. */
const keeper: ResultKeeper = {
  find: async () => undefined,
  remove: async () => false,
  keep: async () => ({ ok: true, file: { path: '/dev/null', kind: 'image', mime: 'image/png', bytes: 1 } }),
};

/** The house with one of its strategies: its real service, pool, desk, engine and adapter, with default settings. */
export function house(strategy: StrategyName): Contender {
  return { name: strategy, kind: 'house', open: (stage) => openHouse(strategy, stage) };
}

async function openHouse(
  strategy: StrategyName,
  { world, clock, random, busyWith, penalized }: Stage,
): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const config = parseConfig({});
  const database = opening.use(openDatabase({ path: ':memory:' }));
  const engine = createSqliteJobEngine(database);
  const queue = awaited(engine.queue, busyWith);
  const reader = awaited(engine.reader, busyWith);
  const store = awaited(createSqliteKeyStore(database), busyWith);
  const http = worldHttp(world);
  const providers = new Map<ProviderName, Provider>([
    ['bytez', createBytezProvider({ baseUrl: 'http://simulated', http, now: () => clock.now() })],
  ]);
  const seats = world.scenario.seats === undefined ? seatsHint.plenty : seatsHint.scarce;
  const places = Array.from({ length: world.keys }, (_, index) => index + 1);
  const keys = poolKeys(
    places.map((place) => ({ provider: 'bytez', place, secret: keyAt(place), weight: 1 })),
    'salt of the simulation',
    () => seats,
  );
  const placeOf = new Map<KeyId, number>(keys.map(({ id, place }) => [id, place]));
  const trouble: unknown[] = [];
  const tell: Tell = (event) => {
    if (event.event === 'house.trouble') trouble.push(event.error);
    if (event.event !== 'key.changed' || !penalties.has(event.state.kind)) return;
    penalized(placeOf.get(event.keyId) ?? 0, event.state.kind);
  };
  const pool = opening.use(new KeyPool({ keys, remembered: [], strategy, clock, random, tell }));
  const { keysTestOnStart: testOnStart, healthCheckIntervalMs: checkEveryMs } = config;
  opening.use(new KeyDesk({ pool, providers, store, clock, tell, testOnStart, checkEveryMs }));
  const { retry: rules, timeoutMs, deadlineMs, running, waiting } = config;
  const anyNumber = { image: -1, video: -1 };
  const service = new GenerationService({
    queue,
    reader,
    pool,
    models: modelTraits,
    providers,
    keeper,
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
  const ended = new Map<JobId, () => void>();
  opening.use(service.onEnded((id) => ended.get(id)?.()));
  service.start();

  const opened = opening.move();
  return {
    ask: async (request, client) => {
      const id = jobId(`tg-${request}`);
      const ending = new Promise<void>((resolve) => ended.set(id, resolve));
      const origin = { chatId: client, chatType: 'private', userId: client, messageId: request } as const;
      const prompt = promptOf(request);
      const accepted = await service.submit({
        kind: 'image',
        prompt,
        lane: 'free',
        locale: 'en',
        updateId: request,
        origin,
      });
      if (accepted.kind !== 'accepted') return false;
      await ending;
      ended.delete(id);
      if (trouble.length > 0) throw new Error('The simulated house is in trouble', { cause: trouble[0] });
      const state = (await reader.find(id))?.state;
      return state?.kind === 'ended' && state.outcome.kind === 'result';
    },
    [Symbol.asyncDispose]: async () => {
      await service.drain(AbortSignal.abort());
      await opened.disposeAsync();
    },
  };
}

/** The same port, of which the stage knows when it is at work. */
function awaited<Port extends object>(port: Port, busyWith: Stage['busyWith']): Port {
  const entries = Object.entries(port).map(([name, method]: [string, (...given: unknown[]) => unknown]) => [
    name,
    (...given: unknown[]) => {
      const answer = method(...given);
      return answer instanceof Promise ? busyWith(answer) : answer;
    },
  ]);
  return Object.fromEntries(entries) as Port;
}
