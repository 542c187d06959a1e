import type { AppEvent } from '../../src/domain/events.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { LineStats } from '../../src/domain/job-engine.ts';
import type { ProcessRole } from '../../src/domain/shared/processes.ts';
import type { JobView, PoolView } from '../../src/domain/views.ts';

/** One of the processes of a bot. */
export type ShownProcess = {
  /** Counted from 1. */
  readonly number: number;
  readonly state: 'running' | 'starting' | 'dead';
  readonly roles: readonly ProcessRole[];
  /** How many it runs; of a dead one, how many the others have not yet taken over. */
  readonly jobs: number;
  /** When a dead one starts again by itself. */
  readonly restartAtMs?: number;
};

/** The processes of a bot that share a database. */
export type BotProcesses = {
  list(): Promise<readonly ShownProcess[]>;
  /** Ends it at once, without a chance to tidy up. Returns false when it does not run. */
  kill(number: number): boolean;
  /** Starts a dead one without waiting any longer. Returns false when it is not dead. */
  start(number: number): boolean;
};

/** The process in which the bot runs, or all of them. */
export type BotProcess = {
  readonly isRunning: boolean;
  readonly isDiskFull: boolean;
  /** Ends it at once, without a chance to tidy up; it starts again by itself. Returns false when it does not run. */
  kill(): boolean;
  /** While its disk is full, it cannot write. */
  setDiskFull(full: boolean): Promise<void>;
  /** Undefined where the bot is one process. */
  readonly several?: BotProcesses | undefined;
};

/** What the page shows of the bot; the caller that opens the page provides it. */
export type AppView = {
  pool(): Promise<PoolView>;
  lines(): Promise<readonly LineStats[]>;
  find(id: JobId): Promise<{ readonly job: Job; readonly view: JobView } | undefined>;
  /** Returns one log line for the event; undefined for an event that is not logged. */
  describe(event: AppEvent): string | undefined;
  /** The number is that of the process; undefined where the bot is one process. */
  onEvent(listener: (event: AppEvent, process?: number) => void): Disposable;
  /** Ends the cooldown of every key; returns how many there were. */
  wakeKeys(): Promise<number>;
  readonly process: BotProcess;
};
