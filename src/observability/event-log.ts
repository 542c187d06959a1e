import { type DestinationStream, type LevelWithSilent, pino } from 'pino';
import type { AppEvent, Emit } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import { createLogger, isUrgent, emitTo } from './logger.ts';
import type { Redactor } from './redaction/redactor.ts';

/** The longest that an event waits to be written, with those that come after it. */
const gatherForMs = 5;
/** At most this many are written at once. */
const mostGathered = 256;

/** As much of the process as its end is known by. */
export type ProcessEnd = Pick<NodeJS.Process, 'on' | 'off'>;

export type EventLogOptions = {
  readonly level: LevelWithSilent;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
  /** For a person at a terminal. */
  readonly pretty?: boolean;
  readonly process?: ProcessEnd;
};

/**
 * The app's log. `emit` does not wait until its line is worded, redacted and written: events are
 * gathered for a few milliseconds and their lines written together, each with the time at which it was told. A warning or
 * worse is written at once, with all that came before it; so is everything when the log is closed, when the process ends,
 * and before it says why it breaks. Only a process that is killed outright takes its last lines along. What cannot be
 * written is lost: the app goes on without it.
 */
export class EventLog implements Disposable {
  readonly #clock: Clock;
  readonly #destination: DestinationStream;
  readonly #process: ProcessEnd;
  readonly #word: Emit;
  readonly #flush = () => this.flush();
  #told: { readonly event: AppEvent; readonly atMs: number }[] = [];
  #atMs: number;
  #lines = '';
  #waiting: Disposable | undefined;

  constructor({ clock, destination, process: ending = process, ...options }: EventLogOptions) {
    this.#clock = clock;
    this.#destination = destination ?? pino.destination({ dest: 1, sync: true });
    this.#process = ending;
    this.#atMs = clock.now();
    const now = () => this.#atMs;
    const lines = { write: (line: string) => void (this.#lines += line) };
    this.#word = emitTo(createLogger({ ...options, now, destination: lines }));
    ending.on('exit', this.#flush);
    ending.on('uncaughtExceptionMonitor', this.#flush);
  }

  readonly emit: Emit = (event) => {
    this.#told.push({ event, atMs: this.#clock.now() });
    if (isUrgent(event) || this.#told.length >= mostGathered) this.flush();
    else this.#waiting ??= this.#clock.schedule(gatherForMs, this.#flush);
  };

  flush(): void {
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = undefined;
    const told = this.#told;
    this.#told = [];
    for (const { event, atMs } of told) {
      this.#atMs = atMs;
      this.#word(event);
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
    this.#process.off('exit', this.#flush);
    this.#process.off('uncaughtExceptionMonitor', this.#flush);
    this.flush();
  }
}
