import type { HouseEvent } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { LineStats } from '../../domain/job-reader.ts';
import type { JobView, PoolView } from '../../domain/views.ts';

/** What the page shows of the bot beside the chat; whoever opens the page gives it. */
export type HouseView = {
  pool(): PoolView;
  lines(): Promise<readonly LineStats[]>;
  find(id: JobId): Promise<{ readonly job: Job; readonly view: JobView } | undefined>;
  /** What happened, in one line; undefined when there is nothing to tell. */
  describe(event: HouseEvent): string | undefined;
  onEvent(listener: (event: HouseEvent) => void): Disposable;
  /** Puts resting keys back to work; answers how many. */
  wakeKeys(): number;
};
