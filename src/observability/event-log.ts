import { type DestinationStream, type LevelWithSilent, pino } from 'pino';
import type { AppEvent, Emit } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import { createLogger, isUrgent, emitTo } from './logger.ts';
import type { Redactor } from './redaction/redactor.ts';

/** The longest time that an event is buffered. */
const maxBufferMs = 25;
/** The most events that are buffered. */
const maxBuffered = 256;

/** The part of the process that announces its end. */
export type ProcessEnd = Pick<NodeJS.Process, 'on' | 'off'>;

export type EventLogOptions = {
  readonly level: LevelWithSilent;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
  /** As of a logger. */
  readonly terminal?: { readonly hasColours: boolean };
  readonly process?: ProcessEnd;
};

export type EventHold = {
  /** Writes what was held, and everything from now on. */
  readonly release: () => void;
  /** Discards what is held, and everything after it. */
  readonly drop: () => void;
};

/**
 * The app's log. `emit` does not wait for its line: events are buffered for a few milliseconds and their lines written
 * together, each with the time of its event. A warning or worse flushes the buffer at once; so do closing the log, the end
 * of the process and an uncaught error. Only a process that is killed loses its last lines. Lines that cannot be written
 * are dropped.
 */
export class EventLog implements Disposable {
  readonly #clock: Clock;
  readonly #destination: DestinationStream;
  readonly #process: ProcessEnd;
  readonly #write: Emit;
  /** Hot path: while something happens the timer goes on, so that an event need not start one. */
  readonly #flushInTurn = () => {
    this.#timer = this.#buffer.length === 0 ? undefined : this.#clock.schedule(maxBufferMs, this.#flushInTurn);
    this.flush();
  };
  /** What is held is written when the process ends of something else than a refusal. */
  readonly #flushAtEnd = () => {
    if (this.#held === 'held') this.#held = 'free';
    this.flush();
  };
  #buffer: { readonly event: AppEvent; readonly atMs: number }[] = [];
  #atMs: number;
  #lines = '';
  #timer: Disposable | undefined;
  #held: 'free' | 'held' | 'dropped' = 'free';

  constructor({ clock, destination, process: ending = process, ...options }: EventLogOptions) {
    this.#clock = clock;
    this.#destination = destination ?? pino.destination({ dest: 1, sync: true });
    this.#process = ending;
    this.#atMs = clock.now();
    const now = () => this.#atMs;
    const lines = { write: (line: string) => void (this.#lines += line) };
    this.#write = emitTo(createLogger({ ...options, now, destination: lines }));
    ending.on('exit', this.#flushAtEnd);
    ending.on('uncaughtExceptionMonitor', this.#flushAtEnd);
  }

  readonly emit: Emit = (event) => {
    this.#buffer.push({ event, atMs: this.#clock.now() });
    if (isUrgent(event) || this.#buffer.length >= maxBuffered) this.flush();
    else this.#timer ??= this.#clock.schedule(maxBufferMs, this.#flushInTurn);
  };

  /** Writes nothing until the hold is released: a start that is refused says one thing, and not what came before. */
  hold(): EventHold {
    this.#held = 'held';
    return {
      release: () => {
        if (this.#held !== 'held') return;
        this.#held = 'free';
        this.flush();
      },
      drop: () => {
        if (this.#held === 'held') this.#held = 'dropped';
      },
    };
  }

  flush(): void {
    if (this.#held === 'held') return;
    if (this.#held === 'dropped') this.#buffer = [];
    const buffer = this.#buffer;
    this.#buffer = [];
    for (const { event, atMs } of buffer) {
      this.#atMs = atMs;
      this.#write(event);
    }
    const lines = this.#lines;
    this.#lines = '';
    try {
      if (lines !== '') this.#destination.write(lines);
    } catch {
      // There is no caller to report to: `emit` returned long ago.
    }
  }

  [Symbol.dispose](): void {
    this.#process.off('exit', this.#flushAtEnd);
    this.#process.off('uncaughtExceptionMonitor', this.#flushAtEnd);
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.flush();
  }
}
