import { openAdmin } from '../app/open-admin.ts';
import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { failureTraits } from '../domain/failure.ts';
import { jobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import type { PastJob } from '../domain/job-reader.ts';
import { excerpt } from '../messages/shown-text.ts';
import { oneLine } from '../observability/one-line.ts';
import { endingWords, stateWords, tale } from './explain-words.ts';
import { filesOf, sizeOf } from '../domain/outcome.ts';
import { writeJson } from './keys/key-document.ts';
import { lookAtConfig } from './keys/known-keys.ts';
import type { Surroundings } from './surroundings.ts';
import { table } from './table.ts';
import { momentWords } from './time-words.ts';

export type ExplainOptions = {
  /** As in the log; the last jobs are listed without it. */
  readonly id: string | undefined;
  readonly json: boolean;
};

const listed = 10;
const notFound = 1;

/** Tells the story of one job from what the database kept of it, or lists the last jobs. */
export async function explain(around: Surroundings, { id, json }: ExplainOptions): Promise<void> {
  const { config } = lookAtConfig(around);
  using opened = await openAdmin({ config, keys: [], clock: around.clock });
  const { jobs } = opened.admin;
  const sorry = (why: string) => {
    around.err.write(`${why}\n`);
    around.exitWith(notFound);
  };
  const latest = await jobs.list({ count: listed });
  if (latest.length === 0 && opened.owner === 'never-ran') {
    return sorry(`There is no job to explain: the bot has never run with DATA_DIR ${config.dataDir}`);
  }
  if (id === undefined) return listLatest(around, latest, json);
  const past = await jobs.find(jobId(id.trim()));
  if (past === undefined) {
    const shown = excerpt(oneLine(id), 60);
    return sorry(`There is no job "${shown}"; "darkroom explain" alone lists the last ${listed}`);
  }
  const trail = await jobs.trail(past.job.id);
  if (json) writeJson(around.out, { ...jobDocument(past), calls: trail.map((call) => callDocument(call)) });
  else around.out.write(`${tale(around.out, past, trail, around.clock.now()).join('\n')}\n`);
}

function listLatest(around: Surroundings, jobs: readonly PastJob[], json: boolean): void {
  if (json) return writeJson(around.out, { jobs: jobs.map((past) => jobDocument(past)) });
  if (jobs.length === 0) return around.out.write('There is no job yet\n');
  const nowMs = around.clock.now();
  const rows = jobs.map(({ job }) => [
    job.id,
    momentWords(job.acceptedAtMs, nowMs),
    job.kind,
    job.lane,
    { text: String(job.progress.calls) },
    job.state.kind === 'ended' || job.state.kind === 'told' ? endingWords(job.state.outcome) : stateWords(job, nowMs),
    shortPrompt(job, 40),
  ]);
  const columns = [
    { title: 'job' },
    { title: 'accepted' },
    { title: 'kind', givesWay: 3 },
    { title: 'lane', givesWay: 1 },
    { title: 'calls', align: 'right' as const, givesWay: 4 },
    { title: 'now' },
    { title: 'prompt', givesWay: 2 },
  ];
  around.out.write(`${table(around.out, columns, rows).join('\n')}\n`);
}

const promptInJson = 200;

export function shortPrompt({ prompt }: Job, longest: number): string {
  return excerpt(oneLine(prompt, longest * 4), longest);
}

function jobDocument({ job, endedAtMs }: PastJob): object {
  return {
    id: job.id,
    kind: job.kind,
    lane: job.lane,
    prompt: shortPrompt(job, promptInJson),
    options: job.options ?? null,
    line: job.line,
    acceptedAtMs: job.acceptedAtMs,
    claimedAtMs: job.claimedAtMs ?? null,
    endedAtMs: endedAtMs ?? null,
    state: job.state.kind,
    waiting: job.state.kind === 'waiting' ? { readyAtMs: job.state.readyAtMs, reason: job.state.reason ?? null } : null,
    outcome: outcomeDocument(job),
    progress: job.progress,
  };
}

function outcomeDocument({ state }: Job): object | null {
  if (state.kind !== 'ended' && state.kind !== 'told') return null;
  const { outcome } = state;
  switch (outcome.kind) {
    case 'result':
      return {
        kind: outcome.kind,
        model: outcome.model,
        ...sizeOf(outcome.payload),
        files: filesOf(outcome.payload).length,
      };
    case 'failed':
      return { kind: outcome.kind, code: outcome.code, againAtMs: outcome.againAtMs ?? null };
    case 'cancelled':
      return { kind: outcome.kind };
  }
}

function callDocument(call: AttemptTrail): object {
  return call.ending.kind === 'failed' ? { ...call, traits: failureTraits[call.ending.reason] } : call;
}
