import type { Emit } from '../../domain/events.ts';
import { type Clock, every } from '../../kit/clock.ts';
import { type Attributes, exportRequest, type Span } from './otlp.ts';

/** Sends a batch; the status of the answer, or undefined where none came. Never rejects. */
export type PostSpans = (body: string, signal: AbortSignal) => Promise<number | undefined>;

export type SpanExporterOptions = {
  readonly post: PostSpans;
  readonly resource: Attributes;
  readonly clock: Clock;
  readonly emit: Emit;
};

const exportEveryMs = 5_000;
const timeoutMs = 10_000;
const maxBatch = 512;
/** Some 2 MB; beyond it the oldest are dropped. */
const maxWaiting = 4_096;
const maxCloseMs = 2_000;
/** These are worth sending again (OTLP/HTTP, "Retryable Response Codes"); any other refusal is for good. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends ended spans in batches. A collector that is away costs nothing but memory up to a bound: spans wait for it, the
 * oldest are dropped, and one warning says so until it answers again. Nothing of a job waits for it.
 */
export class SpanExporter implements AsyncDisposable {
  readonly #options: SpanExporterOptions;
  readonly #rounds: Disposable;
  readonly #closing = new AbortController();
  #waiting: Span[] = [];
  #dropped = 0;
  #isFailing = false;
  #sending: Promise<void> | undefined;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#rounds = every(options.clock, exportEveryMs, () => void this.flush());
  }

  /** Spans that were dropped because the collector did not take them in time. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(span: Span): void {
    this.#waiting.push(span);
    if (this.#waiting.length <= maxWaiting) return;
    // Half at once: taking the oldest out one by one would move all the others each time.
    this.#dropped += maxWaiting / 2;
    this.#waiting.splice(0, maxWaiting / 2);
  }

  /** Sends what waits, until nothing is left or the collector does not take it. */
  flush(): Promise<void> {
    return (this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    const { clock } = this.#options;
    using _patience = clock.schedule(maxCloseMs, () => this.#closing.abort(new Error('The app is closing')));
    await this.#sending;
    await this.flush();
  }

  async #send(): Promise<void> {
    const { post, resource, clock } = this.#options;
    while (this.#waiting.length > 0 && !this.#closing.signal.aborted) {
      const batch = this.#waiting.splice(0, maxBatch);
      using deadline = clock.deadline(timeoutMs, this.#closing.signal);
      const status = await post(JSON.stringify(exportRequest(batch, resource)), deadline);
      const isTaken = status !== undefined && Math.floor(status / 100) === 2;
      if (isTaken) {
        this.#isFailing = false;
        continue;
      }
      const mayPass = status === undefined || passing.has(status);
      if (mayPass && this.#waiting.length + batch.length <= maxWaiting) this.#waiting.unshift(...batch);
      else this.#dropped += batch.length;
      return this.#warn(status);
    }
  }

  #warn(status: number | undefined): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const why = status === undefined ? 'it cannot be reached' : `it answers HTTP ${status}`;
    const text = `OTEL_EXPORTER_OTLP_ENDPOINT takes no spans: ${why}; jobs go on, spans are kept for a while`;
    this.#options.emit({ event: 'config.warning', text });
  }
}
