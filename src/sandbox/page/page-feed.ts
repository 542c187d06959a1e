/** One message of the stream: `patch` carries sections that have changed, the others say what happened just now. */
export type FeedMessage = { readonly event: string; readonly data: string };

type Reader = { pending: Map<string, string>; broadcasts: FeedMessage[]; wake: () => void };

const maxPendingBroadcasts = 100;

/**
 * Keeps the newest state of each section of the page and gives it to every reader: the whole at first, afterwards what
 * has changed since the reader last read. A slow reader skips states, and never makes anybody wait.
 */
export class PageFeed {
  readonly #sections = new Map<string, string>();
  readonly #readers = new Set<Reader>();

  get readers(): number {
    return this.#readers.size;
  }

  publish(section: string, value: unknown): void {
    const json = JSON.stringify(value);
    if (this.#sections.get(section) === json) return;
    this.#sections.set(section, json);
    for (const reader of this.#readers) {
      reader.pending.set(section, json);
      reader.wake();
    }
  }

  /** Tells those who read now, and nobody later. */
  broadcast(event: string, value: unknown): void {
    const data = JSON.stringify(value);
    for (const reader of this.#readers) {
      if (reader.broadcasts.length < maxPendingBroadcasts) reader.broadcasts.push({ event, data });
      reader.wake();
    }
  }

  /** Reads until the signal aborts. */
  async *read(signal: AbortSignal): AsyncGenerator<FeedMessage> {
    const reader: Reader = { pending: new Map(this.#sections), broadcasts: [], wake: () => undefined };
    this.#readers.add(reader);
    const onAbort = () => reader.wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const { pending, broadcasts } = reader;
        reader.pending = new Map();
        reader.broadcasts = [];
        const sections = [...pending].map(([name, json]) => `${JSON.stringify(name)}:${json}`);
        if (sections.length > 0) yield { event: 'patch', data: `{${sections.join(',')}}` };
        yield* broadcasts;
        const woken = new Promise<void>((resolve) => (reader.wake = resolve));
        if (reader.pending.size + reader.broadcasts.length === 0 && !signal.aborted) await woken;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#readers.delete(reader);
    }
  }
}
