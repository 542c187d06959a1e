import type { HttpReply } from '../../providers/http-call.ts';
import type { Contender, Stage } from './contender.ts';
import { served } from './world-answers.ts';

/** As patient with one call as the house is by default. */
const callTimeoutMs = 90_000;
const attempts = 3;
const cooldownMs = 60_000;

type Ask = (request: number) => Promise<boolean>;

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

/** Every rival sees through a 200 that holds an error or half a body. */
async function isServed({ world, clock }: Stage, place: number, request: number): Promise<boolean> {
  const reply: HttpReply = await world.call(place, request, clock.deadline(callTimeoutMs));
  return reply === served;
}

const never = new AbortController().signal;

/** The first key, once. */
const oneKey = rival('one key, no retry', (stage) => (request) => isServed(stage, 1, request));

/** Three attempts over the keys in their order, whatever went wrong, with waits of 2, 4 and 6 s. */
const blind = rival('three blind attempts', (stage) => async (request) => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await isServed(stage, (attempt % stage.world.keys) + 1, request)) return true;
    await stage.clock.sleep(2_000 * (attempt + 1), never);
  }
  return false;
});

/** Each key in its turn; one that failed is left out until all have failed. */
const roundRobin = rival('round robin, marks', (stage) => {
  const places = Array.from({ length: stage.world.keys }, (_, index) => index + 1);
  const failed = new Set<number>();
  let last = 0;
  const next = (): number => {
    if (failed.size >= places.length) failed.clear();
    const unmarked = places.filter((place) => !failed.has(place));
    last = unmarked.find((place) => place > last) ?? unmarked[0] ?? 1;
    return last;
  };
  return async (request) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const place = next();
      if (await isServed(stage, place, request)) return true;
      if (!failed.has(place)) stage.penalized(place, 'marked');
      failed.add(place);
    }
    return false;
  };
});

/** Any key by chance that has not failed within the last minute; none, and the request fails at once. */
const fixedCooldown = rival('fixed cooldown, shuffled', (stage) => {
  const { clock, random, world } = stage;
  const untilMs = new Map<number, number>();
  const places = Array.from({ length: world.keys }, (_, index) => index + 1);
  return async (request) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const warm = places.filter((place) => (untilMs.get(place) ?? 0) <= clock.now());
      const place = warm[Math.floor(random() * warm.length)];
      if (place === undefined) return false;
      if (await isServed(stage, place, request)) return true;
      if ((untilMs.get(place) ?? 0) <= clock.now()) stage.penalized(place, 'cooling');
      untilMs.set(place, clock.now() + cooldownMs);
    }
    return false;
  };
});

/** What is done elsewhere with several keys, from the simplest on. */
export const rivals: readonly Contender[] = [oneKey, blind, roundRobin, fixedCooldown];
