import type { AttemptEnding, AttemptTrail } from '../domain/attempt-trail.ts';
import { type FailureAction, failureTraits, type FailureScope, type Sureness } from '../domain/failure.ts';
import { type GenerationOptions, type Job, type Outcome, type ResultPayload, sizeOf, filesOf } from '../domain/job.ts';
import { excerpt } from '../messages/view.ts';
import { oneLine } from '../observability/describe-error.ts';
import { choiceWords, count, parkWords, size } from '../observability/pretty-log.ts';
import type { PastJob } from '../domain/job-engine.ts';
import { paint, type Terminal, type ProcessContext } from './process-context.ts';
import { isoTime, momentWords, spanWords, table } from './table.ts';
import { openAdmin } from '../app/open-admin.ts';
import { jobId } from '../domain/ids.ts';
import { writeJson } from './keys/key-tables.ts';
import { lookAtConfig } from './keys/known-keys.ts';

const promptInTale = 120;

const scopeWords = {
  request: 'the request',
  key: 'this key',
  'key-and-model': 'this key with this model',
  account: 'the account of this key',
  model: 'the model',
  provider: 'the provider',
  network: 'the network',
} as const satisfies Record<FailureScope, string>;

const actionWords = {
  fail: 'the job ends',
  rotate: 'another key at once',
  wait: 'wait, then again',
  'next-candidate': 'the next model',
} as const satisfies Record<FailureAction, string>;

const sureWords = { sure: 'sure', likely: 'likely', guess: 'a guess' } as const satisfies Record<Sureness, string>;

/** The whole story of a job, a line for each thing that happened. */
export function tale(terminal: Terminal, past: PastJob, trail: readonly AttemptTrail[], nowMs: number): string[] {
  const { job } = past;
  const started =
    job.claimedAtMs === undefined ? '' : `, first started after ${spanWords(job.claimedAtMs - job.acceptedAtMs)}`;
  return [
    `Job ${job.id}: ${job.kind}, ${job.lane} lane, line ${job.line}`,
    `  "${excerpt(oneLine(job.prompt, promptInTale * 4), promptInTale)}"${optionWords(job.options)}`,
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
    ...callEndingLines(terminal, ending).map((line) => `     ${line}`),
  ];
}

function callEndingLines(terminal: Terminal, ending: AttemptEnding): readonly string[] {
  switch (ending.kind) {
    case 'not-sent':
      return ['never sent: the job was cancelled or handed back before'];
    case 'sent':
      return ['under way, or the bot ended before its answer was kept'];
    case 'submitted':
      return [`taken on by the provider after ${spanWords(ending.ms)}, and not finished when this was written`];
    case 'answered':
      return [paint(terminal, 'good', `answered after ${spanWords(ending.ms)}`)];
    case 'broken-off':
      return [`broken off after ${spanWords(ending.ms)}: the job was cancelled or handed back`];
    case 'failed': {
      const { scope, action } = failureTraits[ending.reason];
      const said = paint(terminal, 'bad', `${ending.reason} (${sureWords[ending.sureness]})`);
      return [
        `${said} after ${spanWords(ending.ms)}: ${oneLine(ending.detail)}`,
        `it concerns ${scopeWords[scope]}; next: ${actionWords[action]}`,
      ];
    }
  }
}

function lastLine({ job, endedAtMs }: PastJob, trail: readonly AttemptTrail[], nowMs: number): string {
  const { state } = job;
  const calls = count(Math.max(trail.length, job.progress.calls), 'call');
  if (state.kind !== 'ended' && state.kind !== 'told') return `${stateWords(job, nowMs)}; ${calls} so far`;
  const when =
    endedAtMs === undefined
      ? ''
      : ` ${momentWords(endedAtMs, nowMs)}, ${spanWords(endedAtMs - job.acceptedAtMs)} after it was accepted`;
  const told = state.kind === 'told' ? '' : '; the person is not told yet';
  return `Ended${when}: ${endingWords(state.outcome)}; ${calls}${told}`;
}

/** How a job ended, in a few words. */
export function endingWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'result':
      return `${payloadWords(outcome.payload)}, ${outcome.model}`;
    case 'failed': {
      const again = outcome.againAtMs === undefined ? '' : `, worth asking again from ${isoTime(outcome.againAtMs)}`;
      return `failed: ${outcome.code}${again}`;
    }
    case 'cancelled':
      return 'cancelled';
  }
}

function payloadWords(payload: ResultPayload): string {
  const bytes = size(sizeOf(payload).bytes);
  switch (payload.kind) {
    case 'file':
      return `${payload.file.kind} of ${bytes}`;
    case 'files':
      return `${payload.files.length} files of ${bytes}`;
    case 'text':
      return `text of ${bytes}`;
  }
}

/** Where a job stands that has not ended. */
export function stateWords({ state }: Job, nowMs: number): string {
  if (state.kind === 'running') return 'running';
  if (state.kind !== 'waiting') return 'ended';
  const why = state.reason === undefined ? '' : ` because ${parkWords[state.reason]}`;
  return state.readyAtMs > nowMs ? `waits until ${momentWords(state.readyAtMs, nowMs)}${why}` : `waits in line${why}`;
}

function optionWords(options: GenerationOptions | undefined): string {
  if (options === undefined) return '';
  const { model, aspect, seed, negative } = options;
  const words = [
    aspect === undefined ? '' : ` --aspect ${aspect}`,
    seed === undefined ? '' : ` --seed ${seed}`,
    negative === undefined ? '' : ` --no "${excerpt(oneLine(negative), 60)}"`,
    model === undefined ? '' : ` --model ${oneLine(model, 80)}`,
  ];
  return words.join('');
}

export type ExplainOptions = {
  /** As in the log; the last jobs are listed without it. */
  readonly id: string | undefined;
  readonly json: boolean;
};

const listed = 10;
const notFound = 1;

/** Tells the story of one job from what the database kept of it, or lists the last jobs. */
export async function explain(context: ProcessContext, { id, json }: ExplainOptions): Promise<void> {
  const { config } = lookAtConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const { jobs } = opened.admin;
  const sorry = (why: string) => {
    context.err.write(`${why}\n`);
    context.exitWith(notFound);
  };
  const latest = await jobs.list({ count: listed });
  if (latest.length === 0 && opened.owner === 'never-ran') {
    return sorry(`There is no job to explain: the bot has never run with DATA_DIR ${config.dataDir}`);
  }
  if (id === undefined) return listLatest(context, latest, json);
  const past = await jobs.find(jobId(id.trim()));
  if (past === undefined) {
    const shown = excerpt(oneLine(id), 60);
    return sorry(`There is no job "${shown}"; "darkroom explain" alone lists the last ${listed}`);
  }
  const trail = await jobs.trail(past.job.id);
  if (json) writeJson(context.out, { ...jobDocument(past), calls: trail.map((call) => callDocument(call)) });
  else context.out.write(`${tale(context.out, past, trail, context.clock.now()).join('\n')}\n`);
}

function listLatest(context: ProcessContext, jobs: readonly PastJob[], json: boolean): void {
  if (json) return writeJson(context.out, { jobs: jobs.map((past) => jobDocument(past)) });
  if (jobs.length === 0) return context.out.write('There is no job yet\n');
  const nowMs = context.clock.now();
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
  context.out.write(`${table(context.out, columns, rows).join('\n')}\n`);
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
