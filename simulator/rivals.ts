import type { HttpReply } from '../src/providers/http/http-exchange.ts';
import type { Contender, Stage } from './contender.ts';
import { served } from './world-answers.ts';

/** The deadline of one call, as Darkroom's default. */
const callTimeoutMs = 90_000;
const attempts = 3;
const cooldownMs = 60_000;

type Ask = (request: number) => Promise<boolean>;

/** The keys of one model's provider, and a call to that model with one of them. */
type Model = {
  readonly places: readonly number[];
  readonly isServed: (place: number, request: number) => Promise<boolean>;
};

function rival(name: string, start: (stage: Stage) => Ask): Contender {
  return {
    name,
    kind: 'rival',
    open: async (stage) => {
      const ask = start(stage);
      return { ask: (request) => ask(request), [Symbol.asyncDispose]: async () => undefined };
    },
  };
}

/** The models of the chain. Every rival sees through a 200 that holds an error or half a body. */
function modelsOf({ world, clock }: Stage): readonly Model[] {
  return world.chain.map((provider, index) => ({
    places: world.placesOf(provider),
    isServed: async (place, request) => {
      using deadline = clock.deadline(callTimeoutMs);
      const reply: HttpReply = await world.call(place, request, deadline, index + 1);
      return reply === served;
    },
  }));
}

/** What a request does at one model; when all of that is in vain, the same at the next model of the chain. */
function alongChain(models: readonly Model[], tryModel: (model: Model, request: number) => Promise<boolean>): Ask {
  return async (request) => {
    for (const model of models) if (await tryModel(model, request)) return true;
    return false;
  };
}

const never = new AbortController().signal;

/** The first key of the first model, once. */
const oneKey = rival('one key, no retry', (stage) => {
  const [first] = modelsOf(stage);
  return async (request) => (await first?.isServed(1, request)) === true;
});

/** Three attempts over the keys in their order, whatever went wrong, with waits of 2, 4 and 6 s. */
const blind = rival('three blind attempts', (stage) =>
  alongChain(modelsOf(stage), async ({ places, isServed }, request) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (await isServed(places[attempt % places.length] ?? 1, request)) return true;
      await stage.clock.sleep(2_000 * (attempt + 1), never);
    }
    return false;
  }),
);

/** Each key in its turn; one that failed is left out until all of its provider have failed. */
const roundRobin = rival('round robin, marks', (stage) => {
  const failed = new Set<number>();
  let last = 0;
  const next = (places: readonly number[]): number => {
    if (places.every((place) => failed.has(place))) for (const place of places) failed.delete(place);
    const unmarked = places.filter((place) => !failed.has(place));
    last = unmarked.find((place) => place > last) ?? unmarked[0] ?? 1;
    return last;
  };
  return alongChain(modelsOf(stage), async ({ places, isServed }, request) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const place = next(places);
      if (await isServed(place, request)) return true;
      if (!failed.has(place)) stage.penalized(place, 'marked');
      failed.add(place);
    }
    return false;
  });
});

/** Any key by chance that has not failed with this model within the last minute; where there is none, the next model at once. */
const fixedCooldown = rival('fixed cooldown, shuffled', (stage) => {
  const { clock, random } = stage;
  const cooldowns = new Map<Model, Map<number, number>>();
  return alongChain(modelsOf(stage), async (model, request) => {
    const { places, isServed } = model;
    const untilMs = cooldowns.get(model) ?? new Map<number, number>();
    cooldowns.set(model, untilMs);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const warm = places.filter((place) => (untilMs.get(place) ?? 0) <= clock.now());
      const place = warm[Math.floor(random() * warm.length)];
      if (place === undefined) return false;
      if (await isServed(place, request)) return true;
      if ((untilMs.get(place) ?? 0) <= clock.now()) stage.penalized(place, 'cooling');
      untilMs.set(place, clock.now() + cooldownMs);
    }
    return false;
  });
});

/** What is done elsewhere with several keys, from the simplest on. */
export const rivals: readonly Contender[] = [oneKey, blind, roundRobin, fixedCooldown];
