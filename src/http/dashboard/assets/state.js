import { read } from './server.js';

/** Between two reads of the same part; longer where the server takes long. */
const gapMs = 120;
const gapInTimes = 4;

/**
 * A part of what is shown: read again when something happens, never twice at once, and as often as the server bears.
 * `pathOf` says what is read now; nothing is read while it returns undefined.
 */
export class Part {
  #pathOf;
  #show;
  #onError;
  #isReading = false;
  #isStale = false;
  #nextMs = 0;
  #timer;

  constructor(pathOf, show, onError = () => undefined) {
    this.#pathOf = pathOf;
    this.#show = show;
    this.#onError = onError;
  }

  /** Reads soon: at once, when the last time was long enough ago. */
  refresh() {
    this.#isStale = true;
    if (this.#isReading || this.#timer !== undefined || document.hidden) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#read();
      },
      Math.max(0, this.#nextMs - performance.now()),
    );
  }

  async #read() {
    const path = this.#pathOf();
    if (path === undefined) return;
    this.#isReading = true;
    this.#isStale = false;
    const startMs = performance.now();
    try {
      const value = await read(path);
      // Something else may have been chosen meanwhile.
      if (this.#pathOf() === path) this.#show(value);
    } catch (error) {
      this.#onError(error);
    }
    const tookMs = performance.now() - startMs;
    this.#nextMs = performance.now() + Math.max(gapMs - tookMs, gapInTimes * tookMs);
    this.#isReading = false;
    if (this.#isStale) this.refresh();
  }
}
