import type { HttpReply } from '../../providers/http-call.ts';
import type { Contender, Stage } from './contender.ts';
import { nextChangeMs } from './scenario.ts';
import type { World } from './world.ts';
import { served } from './world-answers.ts';

const attempts = 3;
const never = new AbortController().signal;

/**
 * Knows every fault beforehand but not the luck of single calls: it calls only with keys that are well, takes a seat
 * only where there is one, and waits when waiting helps. With three attempts a request nobody can do better.
 */
export const oracle: Contender = {
  name: 'oracle',
  kind: 'oracle',
  open: async (stage) => {
    const queue = new OracleQueue(stage);
    return {
      ask: async (request) => {
        for (let attempt = 0; attempt < attempts; attempt += 1) {
          const reply = await queue.call(request);
          if (reply === served) return true;
          if (stage.world.isAtFault(request) || !hasLuck(stage.world)) return false;
        }
        return false;
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

/** Whether the same call may fare better when it is made again. */
function hasLuck({ scenario }: World): boolean {
  return scenario.faults.some(({ of, share }) => of !== 'requests' && share !== undefined);
}

class OracleQueue {
  readonly #stage: Stage;
  readonly #waiting: ((place: number) => void)[] = [];
  #alarm: Disposable | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async call(request: number): Promise<HttpReply> {
    const { world } = this.#stage;
    const calling = Promise.withResolvers<HttpReply>();
    this.#waiting.push((place) => calling.resolve(world.call(place, request, never)));
    this.#serve();
    const reply = await calling.promise;
    this.#serve();
    return reply;
  }

  #serve(): void {
    for (;;) {
      const place = this.#waiting.length === 0 ? undefined : this.#choose();
      if (place === undefined) break;
      this.#waiting.shift()?.(place);
    }
    this.#wake();
  }

  /** The good key that carries least; where nothing ever gets better, any. */
  #choose(): number | undefined {
    const { world } = this.#stage;
    const places = Array.from({ length: world.keys }, (_, index) => index + 1);
    const good = places.filter((place) => world.isGood(place)).sort((a, b) => world.carried(a) - world.carried(b));
    if (good[0] !== undefined) return good[0];
    const carries = places.some((place) => world.carried(place) > 0);
    return carries || nextChangeMs(world.scenario, world.nowMs) !== undefined ? undefined : 1;
  }

  #wake(): void {
    const { world, clock } = this.#stage;
    this.#alarm?.[Symbol.dispose]();
    const changeMs = this.#waiting.length === 0 ? undefined : nextChangeMs(world.scenario, world.nowMs);
    if (changeMs !== undefined) this.#alarm = clock.schedule(changeMs - world.nowMs, () => this.#serve());
  }
}
