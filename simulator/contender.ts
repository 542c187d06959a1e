import type { Clock } from '../src/kit/clock.ts';
import type { Random } from '../src/kit/backoff.ts';
import type { World } from './world.ts';

/** What a contender works with. */
export type Stage = {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
  /** The clock stands still until this work is done: for everything that takes turns of the event loop. */
  readonly busyWith: <Result>(work: Promise<Result>) => Promise<Result>;
  /** The contender turns away from a key: rests, benches, marks or suspects it. */
  readonly penalized: (place: number, kind: string) => void;
};

export type Opened = AsyncDisposable & {
  /** Resolves when the request has ended: true with a result. `client` asks one request after the other. */
  ask(request: number, client: number): Promise<boolean>;
};

/** One way of using several keys. */
export type Contender = {
  readonly name: string;
  readonly kind: 'rival' | 'darkroom' | 'oracle';
  open(stage: Stage): Promise<Opened>;
};
