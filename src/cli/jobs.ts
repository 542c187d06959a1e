import { maxChangeWaitMs, openAdmin } from '../app/open-admin.ts';
import { jobId } from '../domain/ids.ts';
import type { JobState } from '../domain/job.ts';
import { listLatest } from './explain.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';
import type { ProcessContext } from './process-context.ts';

const failedCode = 1;

export type ListOptions = {
  readonly count: number;
  readonly user?: number;
  readonly line?: string;
  readonly state?: JobState['kind'];
  readonly json: boolean;
};

/** Prints the jobs accepted last, newest first. */
export async function listJobs(context: ProcessContext, options: ListOptions): Promise<void> {
  const { count, user, line, state, json } = options;
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const found = await opened.admin.jobs.list({
    count,
    ...(user === undefined ? {} : { userId: user }),
    ...(line === undefined ? {} : { line }),
    ...(state === undefined ? {} : { state }),
  });
  listLatest(context, found, json);
}

/** Asks the owner of the database to end a job; exit code 1 when there is nothing to end. */
export async function cancelJob(
  context: ProcessContext,
  id: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const { config } = readConfig(context);
  using stop = context.listenForStop();
  using opened = await openAdmin({ config, keys: [], clock: context.clock, signal: stop.signal });
  const change = await opened.admin.jobs.cancel(jobId(id.trim()));
  const ending = change.kind === 'done' ? change.value : 'asked';
  if (ending === 'not-found' || ending === 'too-late') context.exitWith(failedCode);
  if (json) return writeJson(context.out, { id, ending });
  return context.out.write(`${endingWords(id, ending, opened.owner === 'running')}\n`);
}

function endingWords(id: string, ending: 'cancelled' | 'too-late' | 'not-found' | 'asked', isRunning: boolean): string {
  switch (ending) {
    case 'cancelled':
      return `Done: the job ${id} is cancelled, and its person is told`;
    case 'too-late':
      return `Cannot cancel the job ${id}: it has ended; "darkroom jobs show ${id}" says how`;
    case 'not-found':
      return `There is no job "${id}"; "darkroom jobs list" lists the last ones`;
    case 'asked':
      return isRunning
        ? `Asked: the bot is running but has not cancelled the job within ${maxChangeWaitMs / 1_000} s`
        : 'Asked: the bot is not running, it cancels the job at its next start';
  }
}
