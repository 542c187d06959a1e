/** One event of the stream: `patch` carries the changed sections, any other name is a one-time event. */
export type FeedMessage = { readonly event: string; readonly data: string };

type Reader = { pending: Map<string, string>; broadcasts: FeedMessage[]; wake: () => void };

const maxPendingBroadcasts = 100;

/**
 * Holds the newest state of each section of the page. A reader gets all sections first, then those that changed since
 * its last read. A slow reader skips states and does not delay anyone.
 */
export class PageFeed {
  readonly #sections = new Map<string, string>();
  readonly #readers = new Set<Reader>();

  get readers(): number {
    return this.#readers.size;
  }

  /** Replaces the state of one section; readers are notified when it changed. */
  publish(section: string, value: unknown): void {
    const json = JSON.stringify(value);
    if (this.#sections.get(section) === json) return;
    this.#sections.set(section, json);
    for (const reader of this.#readers) {
      reader.pending.set(section, json);
      reader.wake();
    }
  }

  /** Sends a one-time event to the current readers. */
  broadcast(event: string, value: unknown): void {
    const data = JSON.stringify(value);
    for (const reader of this.#readers) {
      if (reader.broadcasts.length < maxPendingBroadcasts) reader.broadcasts.push({ event, data });
      reader.wake();
    }
  }

  /** Yields events until the signal aborts. */
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
