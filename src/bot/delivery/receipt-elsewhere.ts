import type { JobId } from '../../domain/ids.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import type { Clock } from '../../kit/clock.ts';

/** The status message of a request is sent within this time, or is not to be expected. */
const maxSendMs = 3_000;
const lookEveryMs = 250;

/**
 * The process that took a request sends its status message, and another one may have made the result already. Resolves when
 * that message has a number, or is too late: then the outcome is a message of its own.
 */
export async function receiptKept(
  id: JobId,
  jobs: Pick<JobReader, 'find'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const job = await jobs.find(id);
    if (job === undefined || job.statusMessageId !== undefined || clock.now() - job.acceptedAtMs > maxSendMs) return;
    await clock.sleep(lookEveryMs, signal);
  }
}
