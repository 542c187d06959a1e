import type { AppEvent } from '../../src/domain/events.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { LineStats } from '../../src/domain/job-engine.ts';
import type { JobView, PoolView } from '../../src/domain/views.ts';

/** The process in which the bot runs. */
export type BotProcess = {
  readonly isRunning: boolean;
  readonly isDiskFull: boolean;
  /** Ends it at once, without a chance to tidy up; it starts again by itself. Returns false when it does not run. */
  kill(): boolean;
  /** While its disk is full, it cannot write. */
  setDiskFull(full: boolean): Promise<void>;
};

/** What the page shows of the bot; the caller that opens the page provides it. */
export type AppView = {
  pool(): Promise<PoolView>;
  lines(): Promise<readonly LineStats[]>;
  find(id: JobId): Promise<{ readonly job: Job; readonly view: JobView } | undefined>;
  /** Returns one log line for the event; undefined for an event that is not logged. */
  describe(event: AppEvent): string | undefined;
  onEvent(listener: (event: AppEvent) => void): Disposable;
  /** Ends the cooldown of every key; returns how many there were. */
  wakeKeys(): Promise<number>;
  readonly process: BotProcess;
};
