import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { Candidate } from '../domain/candidate.ts';
import type { KeyId } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-reader.ts';
import type { Job } from '../domain/job.ts';
import { codeFor, type JobFailureCode } from './retry-rules.ts';

/** What is known of an unfinished job beyond its progress, from one turn to the next. */
export type JobMemory = {
  /** What it failed with last. */
  lastCode: JobFailureCode | undefined;
  /** When it is worth asking again, as far as its keys say. */
  againAtMs: number | undefined;
  /** Keys that failed it on its current candidate. */
  readonly failedWith: Set<KeyId>;
  hasTimedOut: boolean;
  lastCallEndedMs: number | undefined;
};

export function freshMemory(): JobMemory {
  return {
    lastCode: undefined,
    againAtMs: undefined,
    failedWith: new Set(),
    hasTimedOut: false,
    lastCallEndedMs: undefined,
  };
}

/** The memory of a job that another process has worked on, from the calls that it made. */
export function recalled(trail: readonly AttemptTrail[], candidate: Candidate | undefined): JobMemory {
  const memory = freshMemory();
  for (const { ending, candidate: asked, keyId, startedAtMs } of trail) {
    memory.lastCallEndedMs = startedAtMs + ('ms' in ending ? ending.ms : 0);
    if (ending.kind !== 'failed') continue;
    memory.lastCode = codeFor(ending.reason);
    memory.hasTimedOut ||= ending.reason === 'timed-out';
    if (asked.provider === candidate?.provider && asked.model === candidate.model) memory.failedWith.add(keyId);
  }
  return memory;
}

/** What this or another process has learned of the job. */
export async function memoryOf(
  { id, progress }: Job,
  reader: Pick<JobReader, 'trailOf'>,
  chain: readonly Candidate[],
): Promise<JobMemory> {
  return progress.calls === 0 ? freshMemory() : recalled(await reader.trailOf(id), chain[progress.candidate]);
}
