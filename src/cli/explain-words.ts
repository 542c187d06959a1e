import type { AttemptEnding, AttemptTrail } from '../domain/attempt-trail.ts';
import { type FailureAction, failureTraits, type FailureScope, type Sureness } from '../domain/failure.ts';
import type { GenerationOptions } from '../domain/generation-options.ts';
import type { Job } from '../domain/job.ts';
import { type Outcome, type ResultPayload, sizeOf } from '../domain/outcome.ts';
import { excerpt } from '../messages/shown-text.ts';
import { oneLine } from '../observability/one-line.ts';
import { choiceWords, count, parkWords, size } from '../observability/story-words.ts';
import type { PastJob } from '../domain/job-reader.ts';
import { paint, type Terminal } from './terminal.ts';
import { isoTime, momentWords, spanWords } from './time-words.ts';

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
