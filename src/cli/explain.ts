import { count, isoTime, momentWords, spanWords } from '../observability/quantities.ts';
import {
  callEndingWords,
  choiceWords,
  failureActionWords,
  failureScopeWords,
  outcomeWords,
  parkReasonWords,
} from '../observability/operator-words.ts';
import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { failureTraits } from '../domain/failure.ts';
import { type GenerationOptions, type Job, sizeOf, filesOf } from '../domain/job.ts';
import { excerpt } from '../messages/view.ts';
import { oneLine } from '../observability/describe-error.ts';
import type { PastJob } from '../domain/job-engine.ts';
import { paint, type Terminal, type ProcessContext } from './process-context.ts';
import { table } from './table.ts';
import { openAdmin } from '../app/open-admin.ts';
import { neverRanWords } from '../app/processes/kept-where.ts';
import { jobId } from '../domain/ids.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';

const reportPromptUnits = 120;

/** Everything that happened to a job, in order. */
export function jobReport(terminal: Terminal, past: PastJob, trail: readonly AttemptTrail[], nowMs: number): string[] {
  const { job } = past;
  const started =
    job.claimedAtMs === undefined ? '' : `, first started after ${spanWords(job.claimedAtMs - job.acceptedAtMs)}`;
  return [
    `Job ${job.id}: ${job.kind}, ${job.lane} lane, line ${job.line}`,
    `  "${excerpt(oneLine(job.prompt, reportPromptUnits * 4), reportPromptUnits)}"${optionWords(job.options)}`,
    `  accepted ${momentWords(job.acceptedAtMs, nowMs)}${started}`,
    '',
    ...(trail.length === 0 ? ['  no call was made for it'] : trail.flatMap((call) => callLines(terminal, call))),
    '',
    lastLine(past, trail, nowMs),
  ];
}

function callLines(terminal: Terminal, call: AttemptTrail): readonly string[] {
  const { candidate, choice, ending } = call;
  const expected = choice.expectedMs === undefined ? '' : `, expected to take ${spanWords(choice.expectedMs)}`;
  const head = `${call.call}. ${isoTime(call.startedAtMs).slice(11, 19)} ${call.keyName}, attempt ${call.attempt}/${call.of}`;
  return [
    `  ${paint(terminal, 'bold', head)}, ${candidate.provider}:${candidate.model}`,
    `     ${choiceWords(choice)}${expected}; waited ${spanWords(call.waitedMs)}`,
    ...endingLines(terminal, ending).map((line) => `     ${line}`),
  ];
}

function endingLines(terminal: Terminal, ending: AttemptTrail['ending']): readonly string[] {
  const words = callEndingWords(ending);
  if (ending.kind === 'answered') {
    const { refused } = ending;
    if (refused === undefined) return [paint(terminal, 'good', words)];
    const { scope, action } = failureTraits[refused.reason];
    return [
      words,
      `${paint(terminal, 'bad', `its result was refused, ${refused.reason}`)}: ${oneLine(refused.detail)}`,
      `it concerns ${failureScopeWords[scope]}; next: ${failureActionWords[action]}`,
    ];
  }
  if (ending.kind !== 'failed') return [words];
  const { scope, action } = failureTraits[ending.reason];
  return [
    `${paint(terminal, 'bad', words)}: ${oneLine(ending.detail)}`,
    `it concerns ${failureScopeWords[scope]}; next: ${failureActionWords[action]}`,
  ];
}

function lastLine({ job, endedAtMs }: PastJob, trail: readonly AttemptTrail[], nowMs: number): string {
  const { state } = job;
  const calls = count(Math.max(trail.length, job.progress.calls), 'call');
  if (state.kind !== 'ended' && state.kind !== 'told') return `${stateWords(job, nowMs)}; ${calls} so far`;
  const when =
    endedAtMs === undefined
      ? ''
      : ` ${momentWords(endedAtMs, nowMs)}, ${spanWords(endedAtMs - job.acceptedAtMs)} after it was accepted`;
  const delivered = state.kind === 'told' ? '' : '; not delivered yet';
  return `Ended${when}: ${outcomeWords(state.outcome)}; ${calls}${delivered}`;
}

/** The state of a job that has not ended. */
function stateWords({ state }: Job, nowMs: number): string {
  if (state.kind === 'running') return 'running';
  if (state.kind !== 'waiting') return 'ended';
  const why = state.reason === undefined ? '' : ` because ${parkReasonWords[state.reason]}`;
  return state.readyAtMs > nowMs ? `waits until ${momentWords(state.readyAtMs, nowMs)}${why}` : `waits in line${why}`;
}

function optionWords(options: GenerationOptions | undefined): string {
  if (options === undefined) return '';
  const { model, aspect, seed, negative, title, style, instrumental, spoiler, fromPicture, enlarge } = options;
  const words = [
    aspect === undefined ? '' : ` --aspect ${aspect}`,
    seed === undefined ? '' : ` --seed ${seed}`,
    negative === undefined ? '' : ` --no "${excerpt(oneLine(negative), 60)}"`,
    title === undefined ? '' : ` --title "${excerpt(oneLine(title), 60)}"`,
    style === undefined ? '' : ` --style "${excerpt(oneLine(style), 60)}"`,
    instrumental === undefined ? '' : ' --instrumental',
    spoiler === undefined ? '' : ' --spoiler',
    fromPicture === undefined ? '' : ' (from a picture)',
    enlarge === undefined ? '' : ' (enlarged)',
    model === undefined ? '' : ` --model ${oneLine(model, 80)}`,
  ];
  return words.join('');
}

export type ExplainOptions = {
  /** As in the log; without it the last jobs are listed. */
  readonly id: string | undefined;
  readonly json: boolean;
};

const maxListed = 10;
const notFoundCode = 1;

/** Prints what the database holds of one job, or lists the last jobs. */
export async function explain(context: ProcessContext, { id, json }: ExplainOptions): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const { jobs } = opened.admin;
  const fail = (why: string) => {
    context.err.write(`${why}\n`);
    context.exitWith(notFoundCode);
  };
  const latest = await jobs.list({ count: maxListed });
  if (latest.length === 0 && opened.owner === 'never-ran') {
    return fail(`There is no job to explain: ${neverRanWords(config)}`);
  }
  if (id === undefined) return listLatest(context, latest, json);
  const past = await jobs.find(jobId(id.trim()));
  if (past === undefined) {
    const shown = excerpt(oneLine(id), 60);
    return fail(`There is no job "${shown}"; "darkroom explain" alone lists the last ${maxListed}`);
  }
  const trail = await jobs.trail(past.job.id);
  if (json) writeJson(context.out, { ...jobDocument(past), calls: trail.map((call) => callDocument(call)) });
  else context.out.write(`${jobReport(context.out, past, trail, context.clock.now()).join('\n')}\n`);
}

/** Lists jobs, newest first. */
export function listLatest(context: ProcessContext, jobs: readonly PastJob[], json: boolean): void {
  if (json) return writeJson(context.out, { jobs: jobs.map((past) => jobDocument(past)) });
  if (jobs.length === 0) return context.out.write('There is no job yet\n');
  const nowMs = context.clock.now();
  const rows = jobs.map(({ job }) => [
    job.id,
    momentWords(job.acceptedAtMs, nowMs),
    job.kind,
    job.lane,
    { text: String(job.progress.calls) },
    job.state.kind === 'ended' || job.state.kind === 'told' ? outcomeWords(job.state.outcome) : stateWords(job, nowMs),
    shortPrompt(job, 40),
  ]);
  const columns = [
    { title: 'job' },
    { title: 'accepted' },
    { title: 'kind', dropOrder: 3 },
    { title: 'lane', dropOrder: 1 },
    { title: 'calls', align: 'right' as const, dropOrder: 4 },
    { title: 'now' },
    { title: 'prompt', dropOrder: 2 },
  ];
  context.out.write(`${table(context.out, columns, rows).join('\n')}\n`);
}

const jsonPromptUnits = 200;

function shortPrompt({ prompt }: Job, maxUnits: number): string {
  return excerpt(oneLine(prompt, maxUnits * 4), maxUnits);
}

function jobDocument({ job, endedAtMs }: PastJob): object {
  return {
    id: job.id,
    kind: job.kind,
    lane: job.lane,
    prompt: shortPrompt(job, jsonPromptUnits),
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
