import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Storage } from '../../storage/open-storage.ts';

/** A job on which this many processes died is set aside. */
const maxCrashes = 6;

/** What was taken back from processes that are gone. */
export type TakenBack = {
  /** How many jobs may be claimed again. */
  readonly handedBack: number;
  /** Jobs that ended with that; this process delivers their outcomes. */
  readonly ended: readonly JobId[];
};

/** Requeues the jobs of processes that are gone, and reports those that are set aside. */
export async function recover({ engine, shared }: Storage, emit: Emit): Promise<TakenBack> {
  const { handedBack, setAside, unreadable } = await engine.queue.recover(maxCrashes);
  // Of several processes each delivers its own; what nobody will deliver is taken over one by one.
  const undelivered = shared === undefined ? (await engine.delivery.pending()).length : 0;
  const total = setAside.length + unreadable.length;
  if (handedBack + total + undelivered > 0) emit({ event: 'app.recovered', handedBack, setAside: total, undelivered });
  for (const jobId of setAside) emit({ event: 'job.dead-lettered', jobId, processes: maxCrashes });
  for (const jobId of unreadable) emit({ event: 'job.dead-lettered', jobId, processes: 0 });
  return { handedBack, ended: [...setAside, ...unreadable] };
}
