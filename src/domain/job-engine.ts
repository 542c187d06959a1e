import type { JobDelivery } from './job-delivery.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobReader } from './job-reader.ts';

/** Three ports over one store: who hands jobs in and out, who looks, who delivers. Take only the one you need. */
export type JobEngine = {
  readonly queue: JobQueue;
  readonly reader: JobReader;
  readonly delivery: JobDelivery;
};
