import type { Tell } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { Provider } from '../../src/domain/provider.ts';
import type { ProviderName } from '../../src/domain/provider-name.ts';
import { parseConfig } from '../../src/config.ts';
import type { ResultKeeper } from '../../src/domain/result-keeper.ts';
import type { Contender, Opened, Stage } from '../../src/cli/simulate/contender.ts';
import { keyAt, promptOf } from '../../src/cli/simulate/world-http.ts';
import { GenerationService } from '../../src/generation/generation-service.ts';
import { createHttpClient } from '../../src/providers/http-client.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSqliteJobEngine } from '../../src/storage/sqlite-job-engine.ts';
import { createSqliteKeyStore } from '../../src/storage/sqlite-key-store.ts';
import { line } from '../bench-jobs.ts';
import { openBenchKeys } from '../open-bench-keys.ts';
import { createOpenAiProvider } from './openai-provider.ts';
import { model, patience } from './patience.ts';
import { startUpstream } from './upstream.ts';
import { modelTraits } from '../../src/providers/registry.ts';

/** One call where seats are what the row is about, as Bytez keys have it; plenty where they are not. */
const seatsHint = { scarce: 1, plenty: 4 } as const;
const resting: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);
const perKind = (value: number) => ({ image: value, video: value });

/** The keeper has the result at once: what is compared is the way to it. */
const keeper: ResultKeeper = {
  keep: async () => ({ ok: true, file: { path: '/dev/null', kind: 'image', mime: 'image/png', bytes: 1 } }),
  find: async () => undefined,
  remove: async () => false,
};

/** The house: real service, lines, pool, desk, attempt loop and HTTP client, its database in memory. */
export const house: Contender = { name: 'the house', kind: 'house', open: openHouse };

async function openHouse({ world, clock, random, penalized }: Stage): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const { baseUrl } = opening.use(await startUpstream(world));
  const http = opening.use(createHttpClient());
  const database = opening.use(openDatabase({ path: ':memory:' }));
  const engine = createSqliteJobEngine(database);
  const store = createSqliteKeyStore(database);
  const providers = new Map<ProviderName, Provider>([[line, createOpenAiProvider(baseUrl, http)]]);
  const tell: Tell = (event) => {
    if (event.event === 'house.trouble') throw new Error(`Cannot measure: ${event.what}`, { cause: event.error });
    if (event.event !== 'key.changed' || !resting.has(event.state.kind)) return;
    penalized(Number(/(\d+)$/.exec(event.keyName)?.[1]), event.state.kind);
  };
  const secrets = Array.from({ length: world.keys }, (_, index) => keyAt(index + 1).reveal());
  const seatsPerKey = world.scenario.seats === undefined ? seatsHint.plenty : seatsHint.scarce;
  const keys = opening.use(await openBenchKeys({ secrets, seatsPerKey, providers, store, tell, isTested: true }));
  const chain = [{ provider: line, model }] as const;
  const { retry: rules, running, waiting } = parseConfig({});
  const service = new GenerationService({
    ...engine,
    pool: keys.pool,
    models: modelTraits,
    providers,
    keeper,
    clock,
    random,
    tell,
    chains: { image: chain, video: chain },
    rules,
    timeoutMs: perKind(patience.callMs),
    deadlineMs: perKind(patience.requestMs),
    running,
    waiting,
    perDay: { premium: perKind(-1), free: perKind(-1) },
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
      const accepted = await service.submit({
        kind: 'image',
        prompt: promptOf(request),
        lane: 'free',
        locale: 'en',
        updateId: request,
        origin: { chatId: client, chatType: 'private', userId: client, messageId: request },
      });
      if (accepted.kind !== 'accepted') return false;
      await ending;
      ended.delete(id);
      const state = (await engine.reader.find(id))?.state;
      return state?.kind === 'ended' && state.outcome.kind === 'result';
    },
    [Symbol.asyncDispose]: async () => {
      await service.drain(AbortSignal.abort());
      await opened.disposeAsync();
    },
  };
}
