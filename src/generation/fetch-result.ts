import type { Tell } from '../domain/events.ts';
import type { Job, JobKind } from '../domain/job.ts';
import { kindTraits } from '../domain/kind-traits.ts';
import type { MediaSource } from '../domain/media.ts';
import type { Kept, ResultKeeper } from '../domain/result-keeper.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';

/** A result that is not there yet is looked for this long, without a new generation. */
const patienceMs = 60_000;

export type FetchTools = {
  readonly keeper: ResultKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
};

/**
 * Brings one file of a result to disk; fetches again for up to a minute what may still appear, and as long as the job lives what
 * this machine's disk refuses. Throws the signal's reason.
 */
export async function fetchResult(
  job: Job,
  source: MediaSource,
  signal: AbortSignal,
  { keeper, clock, random, tell, deadlineMs }: FetchTools,
  part = 0,
): Promise<Kept> {
  const beganUpMs = clock.uptimeMs();
  const leftMs = (job.claimedAtMs ?? clock.now()) + deadlineMs[job.kind] - clock.now();
  for (let fetches = 1; ; fetches += 1) {
    const kept = await fetchOnce();
    if (kept.ok) return kept;
    const waitMs = backoffMs(fetches, { baseMs: 2_000, capMs: 20_000 }, random);
    const isWaitedFor = clock.uptimeMs() - beganUpMs + waitMs <= (kept.byDisk === true ? leftMs : patienceMs);
    if (!isWaitedFor || !(kept.byDisk === true || (kept.again && source.kind === 'url'))) return kept;
    // The disk tells of its trouble by itself.
    if (kept.byDisk !== true) tell({ event: 'result.refetch', jobId: job.id, detail: kept.failure.detail });
    await clock.sleep(waitMs, signal);
  }

  async function fetchOnce(): Promise<Kept> {
    using deadline = clock.deadline(kindTraits[job.kind].downloadMs, signal);
    return await keeper.keep(source, job.kind, job.id, deadline, part);
  }
}
