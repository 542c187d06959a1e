import { openCore } from '../../app/open-core.ts';
import { parseConfig } from '../../config.ts';
import type { Tell } from '../../domain/events.ts';
import { type JobId, jobId } from '../../domain/ids.ts';
import { type StrategyName, strategies } from '../../keys/strategies.ts';
import type { Contender, Opened, Stage } from './contender.ts';
import { instantResults } from './instant-results.ts';
import { keyAt, promptOf, worldHttp } from './world-http.ts';

export const strategyNames = Object.keys(strategies) as readonly StrategyName[];

/** What a key is believed to carry: the default of Bytez where seats are what the row is about. */
const seatsHint = { scarce: 1, plenty: 4 } as const;
/** One model, and nobody is refused for asking too often. */
const unlimited = {
  IMAGE_CHAIN: 'bytez:simulated/model',
  VIDEO_CHAIN: 'bytez:simulated/model',
  FREE_IMAGES_PER_DAY: '-1',
  MAX_WAIT_S: '2592000',
};
/** The same names in every run. */
const salt = 'salt of the simulation';
const penalties: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);

/** The house with one of its strategies: its real service, pool, desk, engine and adapter, with default settings. */
export function house(strategy: StrategyName): Contender {
  return { name: strategy, kind: 'house', open: (stage) => openHouse(strategy, stage) };
}

async function openHouse(
  strategy: StrategyName,
  { world, clock, random, busyWith, penalized }: Stage,
): Promise<Opened> {
  const seats = world.scenario.seats === undefined ? seatsHint.plenty : seatsHint.scarce;
  const places = Array.from({ length: world.keys }, (_, index) => index + 1);
  const trouble: unknown[] = [];
  const emit: Tell = (event) => {
    if (event.event === 'house.trouble') trouble.push(event.error);
    if (event.event !== 'key.changed' || !penalties.has(event.state.kind)) return;
    penalized(Number(/(?<!\d)(\d+)$/.exec(event.keyName)?.[1]), event.state.kind);
  };
  const core = await openCore({
    config: { ...parseConfig({ ...unlimited, BYTEZ_SEATS_PER_KEY: String(seats) }), rotation: strategy },
    keys: places.map((place) => ({ provider: 'bytez', place, secret: keyAt(place), weight: 1 })),
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
      results: instantResults(),
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
      const state = (await storage.engine.reader.find(id))?.state;
      return state?.kind === 'ended' && state.outcome.kind === 'result';
    },
    [Symbol.asyncDispose]: async () => {
      await core.drain(AbortSignal.abort());
      await core[Symbol.asyncDispose]();
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
