import { virtualClock } from '../src/kit/virtual-clock.ts';
import type { Contender } from './contender.ts';
import { chancesFrom, luckFrom, type Scenario } from './scenario.ts';
import { type Asked, type Measured, measure, type Penalty } from './measure.ts';
import { World } from './world.ts';

export type Settings = {
  readonly keys: number;
  readonly clients: number;
  readonly requests: number;
  readonly seed: number;
};

/** As many keys and as much asking as the fault matrix has. */
export const usualSettings: Settings = { keys: 5, clients: 10, requests: 200, seed: 1 };

const serviceMs = 50;
const stepMs = 1_000;
/** A contender that has not answered by then never does. */
const longestMs = 6 * 3_600_000;
const beginning = Date.UTC(2026, 0, 1);

/**
 * Lets clients ask one request after the other, each as soon as its last one ended, on a clock that moves only when
 * nothing is left to do: the same settings give the same figures, to the digit.
 */
export async function simulate(scenario: Scenario, contender: Contender, settings: Settings): Promise<Measured> {
  const { seed } = settings;
  const clients = Math.max(Math.min(settings.clients, scenario.mostClients ?? Infinity), scenario.leastClients ?? 0);
  const requests = Math.max(settings.requests, scenario.leastRequests ?? 0);
  let working = 0;
  const settled = async () => {
    for (let quiet = 0; quiet < 2; quiet = working === 0 ? quiet + 1 : 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const clock = virtualClock(beginning, settled);
  const world = new World({
    scenario,
    keys: scenario.keys ?? settings.keys,
    serviceMs: scenario.serviceMs ?? serviceMs,
    clock,
    luck: luckFrom(seed),
  });
  const penalties: Penalty[] = [];
  const asked: Asked[] = [];
  await using opened = await contender.open({
    world,
    clock,
    random: chancesFrom(seed),
    busyWith: async (work) => {
      working += 1;
      try {
        return await work;
      } finally {
        working -= 1;
      }
    },
    penalized: (place, kind) => penalties.push({ place, kind, atMs: world.nowMs }),
  });
  let latest = 0;
  const client = async (number: number) => {
    // At the very same moment only machines ask.
    await clock.sleep(number - 1, new AbortController().signal);
    while (latest < requests) {
      const request = (latest += 1);
      const startedMs = world.nowMs;
      const answered = await opened.ask(request, number);
      asked.push({ request, startedMs, endedMs: world.nowMs, answered });
    }
  };
  const left = { clients };
  const all = Promise.all(
    Array.from({ length: clients }, (_, index) => client(index + 1).finally(() => (left.clients -= 1))),
  );
  all.catch(() => undefined);
  while (left.clients > 0 && world.nowMs < longestMs) await clock.advance(stepMs);
  if (left.clients === 0) await all;
  return measure({ world, contender, clients, requests, asked, penalties });
}
