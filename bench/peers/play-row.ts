import { type Asked, type Measured, measure, type Penalty } from '../../simulator/measure.ts';
import type { Contender } from '../../simulator/contender.ts';
import { luckFrom, type Scenario } from '../../simulator/scenario.ts';
import { World } from '../../simulator/world.ts';
import { type Clock, systemClock } from '../../src/kit/clock.ts';
import { systemRandom as random } from '../../src/kit/backoff.ts';

export type RowSettings = {
  readonly keys: number;
  readonly clients: number;
  readonly requests: number;
  readonly serviceMs: number;
  readonly seed: number;
  /** After so long no further request is made. */
  readonly rowMs: number;
};

/** Clients that ask one request after the other, in real time, until all requests are made or the row has lasted long. */
export async function playRow(
  scenario: Scenario,
  contender: Contender,
  settings: RowSettings,
  clock: Clock = systemClock,
): Promise<Measured> {
  const { clients, requests, seed, serviceMs, rowMs } = settings;
  const luck = luckFrom(seed);
  const world = new World({ scenario, keys: scenario.keys ?? settings.keys, serviceMs, clock, luck });
  const penalties: Penalty[] = [];
  await using opened = await contender.open({
    world,
    clock,
    random,
    busyWith: (work) => work,
    penalized: (place, kind) => penalties.push({ place, kind, atMs: world.nowMs }),
  });
  const asked: Asked[] = [];
  let latest = 0;
  const client = async (number: number) => {
    while (latest < requests && world.nowMs < rowMs) {
      const request = (latest += 1);
      const startedMs = world.nowMs;
      const answered = await opened.ask(request, number);
      asked.push({ request, startedMs, endedMs: world.nowMs, answered });
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index + 1)));
  // Those two are read from what comes after the first 200 calls.
  const {
    ceilingShare: _share,
    refusedForSeats: _refused,
    ...measured
  } = measure({
    world,
    contender,
    clients,
    requests: asked.length,
    asked,
    penalties,
  });
  return measured;
}
