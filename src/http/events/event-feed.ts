import type { EventBus } from '../../domain/event-bus.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';

/** One event as it goes out: an id, its name and one line of JSON. */
export type FeedEntry = {
  /** `<start of this feed>-<number>`: an id of an earlier feed is known to be one. */
  readonly id: string;
  readonly name: AppEvent['event'];
  readonly data: string;
};

/** Takes an entry; false when the reader cannot keep up, and is not called again. */
export type FeedReader = (entry: FeedEntry) => boolean;

export type FeedOptions = {
  readonly events: Pick<EventBus, 'subscribe'>;
  /** The event as the log has it, on one line, without secrets. */
  readonly toLine: (event: AppEvent, facts: { readonly id: string; readonly time: string }) => string;
  readonly clock: Pick<Clock, 'now'>;
};

/** How many entries, at least, a reader that was away can catch up with. */
const maxKept = 2_000;

/**
 * Every event of the bot for readers over HTTP. Readers choose topics (`job`, or `job.failed`), and go on after the last id
 * that they saw, as far as it is kept. A reader that is slow is dropped and never waited for. An event of which
 * nobody reads costs a place in the ring.
 */
export class EventFeed implements Disposable {
  readonly #kept: FeedEntry[] = [];
  readonly #readers = new Map<FeedReader, { readonly topics: ReadonlySet<string>; readonly onGone: () => void }>();
  readonly #listening: Disposable;
  readonly #startMs: number;
  #count = 0;

  constructor({ events, toLine, clock }: FeedOptions) {
    this.#startMs = clock.now();
    this.#listening = events.subscribe((event) => {
      const atMs = clock.now();
      this.#enter(event.event, (id) => toLine(event, { id, time: new Date(atMs).toISOString() }));
    });
  }

  /** Takes in an event of another process, as the log there has it. */
  add(name: AppEvent['event'], line: string): void {
    this.#enter(name, () => line);
  }

  #enter(name: AppEvent['event'], lineOf: (id: string) => string): void {
    this.#count += 1;
    const id = `${this.#startMs}-${this.#count}`;
    let line: string | undefined;
    const entry: FeedEntry = {
      id,
      name,
      get data() {
        return (line ??= lineOf(id));
      },
    };
    this.#kept.push(entry);
    // Hot path: to take the oldest out one by one would move all the others each time.
    if (this.#kept.length > 2 * maxKept) this.#kept.splice(0, maxKept);
    for (const [reader, { topics }] of this.#readers) if (isOf(entry, topics)) this.#give(reader, entry);
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Reads from now on, or from after `lastId`; `onGone` is called when the feed ends the reading. */
  read(
    reader: FeedReader,
    options: {
      readonly topics: ReadonlySet<string>;
      readonly lastId?: string | undefined;
      readonly onGone: () => void;
    },
  ): Disposable {
    const { topics, lastId, onGone } = options;
    this.#readers.set(reader, { topics, onGone });
    for (const entry of this.#missed(lastId)) {
      if (!this.#readers.has(reader)) break;
      if (isOf(entry, topics)) this.#give(reader, entry);
    }
    return { [Symbol.dispose]: () => void this.#readers.delete(reader) };
  }

  /** Ends every reading: who may read has changed. */
  dismissReaders(): void {
    for (const [reader, { onGone }] of this.#readers) {
      this.#readers.delete(reader);
      onGone();
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.dismissReaders();
  }

  #give(reader: FeedReader, entry: FeedEntry): void {
    if (reader(entry)) return;
    const known = this.#readers.get(reader);
    this.#readers.delete(reader);
    known?.onGone();
  }

  /** What came after the id; everything kept where it is of an earlier feed. */
  #missed(lastId: string | undefined): readonly FeedEntry[] {
    const [, start, number] = /^([0-9]{1,16})-([0-9]{1,16})$/.exec(lastId ?? '') ?? [];
    if (start === undefined) return [];
    if (Number(start) !== this.#startMs) return [...this.#kept];
    const firstKept = this.#count - this.#kept.length + 1;
    return this.#kept.slice(Math.max(0, Number(number) + 1 - firstKept));
  }
}

/** `job,key.changed` as a set; empty is everything. */
export function topicsOf(text: string | undefined): ReadonlySet<string> {
  return new Set((text ?? '').split(',').filter((topic) => topic !== ''));
}

function isOf({ name }: FeedEntry, topics: ReadonlySet<string>): boolean {
  return topics.size === 0 || topics.has(name) || topics.has(name.slice(0, name.indexOf('.')));
}
