import { openCore } from '../src/app/open-core.ts';
import { type Config, parseConfig } from '../src/config/config.ts';
import type { Emit } from '../src/domain/events.ts';
import { type JobId, jobId, type ProviderName } from '../src/domain/ids.ts';
import { everyMechanism, type Mechanism, type Mechanisms, without } from '../src/domain/mechanisms.ts';
import { createBytezProvider } from '../src/providers/bytez/bytez-provider.ts';
import { type StrategyName, strategies } from '../src/keys/pool/select-key.ts';
import type { Contender, Opened, Stage } from './contender.ts';
import { isDear } from './scenario.ts';
import { instantResults } from './instant-results.ts';
import { type World, keyAt, modelAt, promptOf, worldHttp } from './world.ts';

export const strategyNames = Object.keys(strategies) as readonly StrategyName[];

/** What a key is believed to carry: the default of Bytez where seats are what the row is about. */
const seatsHint = { scarce: 1, plenty: 4 } as const;
/** The providers of a world by their numbers; all of them speak as Bytez does. */
const providerNames = ['bytez', 'openai'] as const;
/** No limits on people. */
const unlimited = {
  FREE_IMAGES_PER_DAY: '-1',
  MAX_WAIT_S: '2592000',
};
/** The same names in every run. */
const salt = 'salt of the simulation';
const penalties: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);

/** Darkroom with one of its strategies: its real service, pool, maintenance, engine and adapter, with default settings. */
export function app(strategy: StrategyName): Contender {
  return { name: strategy, kind: 'darkroom', open: (stage) => openApp(strategy, everyMechanism, stage) };
}

/** Darkroom with default settings, without one mechanism. */
export function appWithout(mechanism: Mechanism): Contender {
  const mechanisms = without(mechanism);
  return {
    name: `without ${mechanism}`,
    kind: 'darkroom',
    open: (stage) => openApp('health-based', mechanisms, stage),
  };
}

async function openApp(
  strategy: StrategyName,
  mechanisms: Mechanisms,
  { world, clock, random, busyWith, penalized }: Stage,
): Promise<Opened> {
  const trouble: unknown[] = [];
  const emit: Emit = (event) => {
    if (event.event === 'app.error') trouble.push(event.error);
    if (event.event !== 'key.changed' || !penalties.has(event.state.kind)) return;
    penalized(Number(/(?<!\d)(\d+)$/.exec(event.keyName)?.[1]), event.state.kind);
  };
  const core = await openCore({
    config: configFor(world, strategy),
    keys: [...new Set(world.chain)].flatMap((provider) =>
      world
        .placesOf(provider)
        .map((place) => ({ provider: nameOfProvider(provider), place, secret: keyAt(place), weight: 1 })),
    ),
    clock,
    random,
    emit,
    parts: {
      databasePath: ':memory:',
      storage: (opened) => ({
        ...opened,
        engine: {
          ...opened.engine,
          queue: awaited(opened.engine.queue, busyWith),
          reader: awaited(opened.engine.reader, busyWith),
        },
        keyStore: awaited({ ...opened.keyStore, salt: async () => salt }, busyWith),
      }),
      http: worldHttp(world),
      providers: (http) => {
        const adapter = createBytezProvider({ baseUrl: 'http://simulated', http, now: () => clock.now() });
        return new Map(world.chain.map((provider) => [nameOfProvider(provider), adapter]));
      },
      results: instantResults(),
      mechanisms,
    },
  });
  const { service, storage } = core;
  const ended = new Map<JobId, () => void>();
  service.onEnded((id) => ended.get(id)?.());
  core.start();
  return {
    ask: async (request, client) => {
      const id = jobId(`tg-${request}`);
      const ending = new Promise<void>((resolve) => ended.set(id, resolve));
      const origin = { chatId: client, chatType: 'private', userId: client, messageId: request } as const;
      const prompt = promptOf(request);
      const accepted = await service.submit({
        kind: isDear(world.scenario, request) ? 'video' : 'image',
        prompt,
        lane: 'free',
        locale: 'en',
        updateId: request,
        origin,
      });
      if (accepted.kind !== 'accepted') return false;
      await ending;
      ended.delete(id);
      if (trouble.length > 0) throw new Error('The simulated app is in trouble', { cause: trouble[0] });
      const state = (await storage.engine.reader.find(id))?.state;
      return state?.kind === 'ended' && state.outcome.kind === 'result';
    },
    [Symbol.asyncDispose]: async () => {
      await core.drain(AbortSignal.abort());
      await core[Symbol.asyncDispose]();
    },
  };
}

function configFor({ chain, scenario }: World, strategy: StrategyName): Config {
  const config = parseConfig(unlimited);
  const seatsPerKey = scenario.seats === undefined ? seatsHint.plenty : seatsHint.scarce;
  const candidateAt = (at: number, provider: number) => ({ provider: nameOfProvider(provider), model: modelAt(at) });
  const [first = 1, ...others] = chain;
  const image = [candidateAt(1, first), ...others.map((provider, index) => candidateAt(index + 2, provider))] as const;
  const providers = Object.entries(config.providers).map(([name, one]) => [name, { ...one, seatsPerKey }]);
  return {
    ...config,
    rotation: strategy,
    chains: { ...config.chains, image, video: image },
    providers: Object.fromEntries(providers) as Config['providers'],
  };
}

function nameOfProvider(provider: number): ProviderName {
  return providerNames[provider - 1] ?? providerNames[0];
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
