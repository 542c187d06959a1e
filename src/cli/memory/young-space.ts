import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of both halves together. It grows by doubling, and stays at the first size that is no smaller. */
const enoughBytes = 12_000_000;

/** The part of V8 that decides how far its space for new objects grows. */
export type YoungSpaceOfV8 = {
  /** The size of the space now, both halves together. */
  bytes(): number;
  /** By what the space is multiplied when it grows; 1 lets it stay as it is. */
  setGrowthFactor(factor: 1 | 2): void;
  /** Calls back after collections of garbage. */
  onCollection(listener: () => void): Disposable;
};

/**
 * Keeps V8's space for new objects small. V8 doubles it under load up to 134 MB, where a bot gains nothing any more:
 * collections cost the same at an eighth of it. Node takes a limit only on its own command line; but V8 reads the factor of
 * growth whenever the space grows, so it is set to 1 once the space is large enough, and back when V8 has shrunk it.
 */
export class YoungSpace implements Disposable {
  readonly #v8: YoungSpaceOfV8;
  readonly #listening: Disposable;
  #mayGrow = true;

  constructor(v8: YoungSpaceOfV8 = youngSpaceOfV8) {
    this.#v8 = v8;
    this.#listening = v8.onCollection(() => this.#check());
  }

  /** Flags are part of the key of the compile cache: it is written under the flags with which it is read. */
  withUsualFlags(work: () => void): void {
    if (!this.#mayGrow) this.#v8.setGrowthFactor(2);
    try {
      work();
    } finally {
      if (!this.#mayGrow) this.#v8.setGrowthFactor(1);
    }
  }

  /** The space grows as V8 likes from now on; Node writes its compile cache at the end. */
  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#allow(true);
  }

  #check(): void {
    this.#allow(this.#v8.bytes() < enoughBytes);
  }

  #allow(mayGrow: boolean): void {
    if (mayGrow === this.#mayGrow) return;
    this.#mayGrow = mayGrow;
    this.#v8.setGrowthFactor(mayGrow ? 2 : 1);
  }
}

/** The space of this process. */
export const youngSpaceOfV8: YoungSpaceOfV8 = {
  bytes: () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0,
  setGrowthFactor: (factor) => setFlagsFromString(`--semi-space-growth-factor=${factor}`),
  onCollection: (listener) => {
    const observer = new PerformanceObserver(listener);
    observer.observe({ entryTypes: ['gc'] });
    return { [Symbol.dispose]: () => observer.disconnect() };
  },
};
