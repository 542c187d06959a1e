import type { Emit } from '../../domain/events.ts';
import type { Storage } from '../../storage/open-storage.ts';

/** A job on which this many processes died is set aside. */
const maxCrashes = 6;

/** Requeues the jobs of processes that are gone, and reports those that are set aside; returns how many there were. */
export async function recover({ engine, shared }: Storage, emit: Emit): Promise<number> {
  const { handedBack, setAside, unreadable } = await engine.queue.recover(maxCrashes);
  // Of several processes each delivers its own; what nobody will deliver is told of one by one.
  const undelivered = shared === undefined ? (await engine.delivery.pending()).length : 0;
  const total = setAside.length + unreadable.length;
  if (handedBack + total + undelivered > 0) emit({ event: 'app.recovered', handedBack, setAside: total, undelivered });
  for (const jobId of setAside) emit({ event: 'job.dead-lettered', jobId, processes: maxCrashes });
  for (const jobId of unreadable) emit({ event: 'job.dead-lettered', jobId, processes: 0 });
  return handedBack + total;
}
