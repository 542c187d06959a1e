import type { HttpReply } from '../src/providers/http/http-exchange.ts';
import type { Contender, Stage } from './contender.ts';
import { nextChangeMs } from './scenario.ts';
import type { World } from './world.ts';
import { served } from './world-answers.ts';

const attempts = 3;
/** The deadline of one call, as Darkroom's default. */
const callTimeoutMs = 90_000;

/**
 * Knows every fault beforehand but not the luck of single calls: it calls only with keys that are well, of the first
 * model in the chain that is well, takes a seat only where there is one, and waits when waiting helps. With three
 * attempts a request nobody can do better.
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

type Assigned = { readonly place: number; readonly model: number };

class OracleQueue {
  readonly #stage: Stage;
  readonly #waiting: ((assigned: Assigned) => void)[] = [];
  #alarm: Disposable | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async call(request: number): Promise<HttpReply> {
    const calling = Promise.withResolvers<HttpReply>();
    // The call takes its seat before the next one is chosen.
    this.#waiting.push((assigned) => calling.resolve(this.#make(assigned, request)));
    this.#serve();
    const reply = await calling.promise;
    this.#serve();
    return reply;
  }

  async #make({ place, model }: Assigned, request: number): Promise<HttpReply> {
    const { world, clock } = this.#stage;
    using deadline = clock.deadline(callTimeoutMs);
    return await world.call(place, request, deadline, model);
  }

  #serve(): void {
    for (;;) {
      const assigned = this.#waiting.length === 0 ? undefined : this.#choose();
      if (assigned === undefined) break;
      this.#waiting.shift()?.(assigned);
    }
    this.#wake();
  }

  /** The well key with a seat that carries least, of the first model that has well ones; any where nothing ever is. */
  #choose(): Assigned | undefined {
    const { world } = this.#stage;
    for (const [index, provider] of world.chain.entries()) {
      const model = index + 1;
      const well = world.placesOf(provider).filter((place) => world.isWell(place, model));
      const free = well.filter((place) => world.hasRoom(place)).sort((a, b) => world.carried(a) - world.carried(b));
      if (free[0] !== undefined) return { place: free[0], model };
      if (well.length > 0) return undefined;
    }
    const carries = world.chain.some((provider) => world.placesOf(provider).some((place) => world.carried(place) > 0));
    return carries || nextChangeMs(world.scenario, world.nowMs) !== undefined ? undefined : { place: 1, model: 1 };
  }

  #wake(): void {
    const { world, clock } = this.#stage;
    this.#alarm?.[Symbol.dispose]();
    const changeMs = this.#waiting.length === 0 ? undefined : nextChangeMs(world.scenario, world.nowMs);
    if (changeMs !== undefined) this.#alarm = clock.schedule(changeMs - world.nowMs, () => this.#serve());
  }
}
