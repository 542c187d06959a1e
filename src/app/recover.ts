import type { Emit } from '../domain/events.ts';
import type { Storage } from '../storage/open-storage.ts';

/** A job on which this many processes died is set aside. */
const maxCrashes = 6;

/** Requeues the jobs of an earlier process, and reports those that are set aside. */
export async function recover({ engine }: Storage, emit: Emit): Promise<void> {
  const { handedBack, setAside, unreadable } = await engine.queue.recover(maxCrashes);
  const undelivered = (await engine.delivery.pending()).length;
  const total = setAside.length + unreadable.length;
  if (handedBack + total + undelivered > 0) emit({ event: 'app.recovered', handedBack, setAside: total, undelivered });
  for (const jobId of setAside) emit({ event: 'job.dead-lettered', jobId, processes: maxCrashes });
  for (const jobId of unreadable) emit({ event: 'job.dead-lettered', jobId, processes: 0 });
}
