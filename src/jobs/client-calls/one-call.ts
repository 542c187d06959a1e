import type { AttemptTrail } from '../../domain/attempt-trail.ts';
import type { CallCost } from '../../domain/costs.ts';
import type { AttemptFailure } from '../../domain/failure.ts';
import type { CallEnding, ClientCall } from '../../domain/gateway/client-call.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { Park } from '../../domain/job-engine.ts';
import { filesOf, type Job, type ParkReason } from '../../domain/job.ts';
import type { MediaFile, ResultStore } from '../../domain/media.ts';
import type { Relay } from '../../domain/provider.ts';
import { availabilityOf, cooldownUntilMs } from '../../domain/views.ts';
import type { KeyPool } from '../../keys/pool/key-pool.ts';
import { type LoopTools, runAttempts } from '../attempt-loop.ts';
import { fetchAndStore } from '../fetch-result.ts';
import { emptyMemory, type JobMemory, type TurnEnding } from '../job-progress.ts';
import { type CallJournal, expectedWaitMs, JobStopped } from '../running-jobs.ts';
import type { RequestMaterial } from '../request/generation-request.ts';
import type { JobFailureCode } from '../retry-policy.ts';
import type { ClientLines, Turn } from './client-lines.ts';

export type OneCallOptions = LoopTools & {
  readonly pool: KeyPool;
  readonly lines: ClientLines;
  /** True while nobody waits in the line, so that a call may start at once. */
  readonly isLineEmpty: (line: ProviderName) => boolean;
  /** Where results lie until they are answered. */
  readonly results: ResultStore;
  /** Where pictures that are sent along are kept meanwhile. */
  readonly inputs: ResultStore;
  readonly onAnswered: (cost: CallCost) => void;
  /** The longest wait for a key, all waits of a call together. */
  readonly maxWaitMs: number;
};

const minRetryMs = 1_000;

type Failed = Extract<CallEnding, { kind: 'failed' }>;

/** One call from its start to its end. */
export class OneCall {
  readonly #call: ClientCall;
  readonly #signal: AbortSignal;
  readonly #options: OneCallOptions;
  readonly #memory: JobMemory = emptyMemory();
  readonly #waitUntilMs: number;
  #job: Job;
  /** The call to a provider that was made last. */
  #sent: AttemptTrail | undefined;
  #failure: AttemptFailure | undefined;
  #hasBegun = false;

  constructor(call: ClientCall, signal: AbortSignal, options: OneCallOptions) {
    this.#call = call;
    this.#signal = signal;
    this.#options = options;
    const nowMs = options.clock.now();
    this.#waitUntilMs = nowMs + options.maxWaitMs;
    this.#job = jobFor(call, nowMs);
  }

  async run(): Promise<CallEnding> {
    const { inputs } = this.#options;
    const { id, pictures = [] } = this.#call;
    if (pictures.length === 0) return this.#runTurns([]);
    try {
      const kept = await this.#keepPictures(pictures);
      return 'code' in kept ? kept : await this.#runTurns(kept);
    } finally {
      await inputs.remove(id);
    }
  }

  async #runTurns(pictures: readonly MediaFile[]): Promise<CallEnding> {
    const { lines, isLineEmpty, clock } = this.#options;
    const { client } = this.#call;
    // It has just come: where nobody waits, it need not wait either.
    let next: Pick<Park, 'line' | 'progress' | 'readyAtMs' | 'reason'> = {
      line: this.#job.line,
      progress: this.#job.progress,
      readyAtMs: clock.now(),
      reason: 'next-candidate',
    };
    for (;;) {
      const { line, readyAtMs, reason, progress } = next;
      this.#job = { ...this.#job, line, progress };
      const isNew = reason === 'next-candidate' && readyAtMs <= clock.now();
      const isFree = isNew && isLineEmpty(line) && lines.mayRun(client);
      const turn = isFree ? lines.startNow(client) : await this.#wait(next);
      if ('code' in turn) return turn;
      const ending = await this.#take(turn, pictures);
      if (ending.kind === 'failed') return this.#failed(ending.code, ending.againAtMs);
      if (ending.kind === 'parked') next = ending;
      else {
        const result = await this.#resultOf(ending);
        if (!('park' in result)) return result;
        next = result.park;
      }
    }
  }

  /** Runs one turn of the attempt loop. */
  async #take(turn: Turn, pictures: readonly MediaFile[]): Promise<TurnEnding> {
    const { clock, chains } = this.#options;
    const { kind, chain } = this.#call;
    this.#job = { ...this.#job, state: { kind: 'running' }, claimedAtMs: this.#job.claimedAtMs ?? clock.now() };
    const material = this.#material(pictures);
    try {
      return await runAttempts(this.#job, turn.seat, this.#signal, {
        ...this.#options,
        chains: { ...chains, [kind]: chain },
        memory: this.#memory,
        journal: this.#journal,
        operation: undefined,
        loadMaterial: () => Promise.resolve(material),
        onText: (soFar) => this.#heard(soFar),
        onAttempt: () => undefined,
        onFailure: (failure) => {
          this.#failure = failure;
        },
      });
    } finally {
      turn.seat?.release({ kind: 'unused' });
      turn.end();
    }
  }

  /** Waits for a turn, unless that would take too long. */
  async #wait({ line, readyAtMs, reason }: Pick<Park, 'line' | 'readyAtMs' | 'reason'>): Promise<Turn | Failed> {
    const { lines, clock } = this.#options;
    const { client, kind } = this.#call;
    const leftMs = this.#waitUntilMs - clock.now();
    if (readyAtMs > this.#waitUntilMs || leftMs <= 0) return this.#failed(this.#codeOf(reason), readyAtMs);
    const late = new AbortController();
    using _patience = clock.schedule(leftMs, () => late.abort(tooLate));
    try {
      const signal = AbortSignal.any([this.#signal, late.signal]);
      return await lines.wait({ line, caller: client, kind, readyAtMs, reason }, signal);
    } catch (error) {
      if (error !== tooLate) throw error;
      return this.#failed(this.#codeOf(reason));
    }
  }

  #codeOf(reason: ParkReason): JobFailureCode {
    if (reason === 'provider-silent') return 'provider-down';
    return reason === 'backing-off' ? (this.#memory.lastCode ?? 'busy') : 'busy';
  }

  #failed(code: JobFailureCode, againAtMs = this.#seatInMs()): Failed {
    const { clock } = this.#options;
    const waits = code !== 'bad-request' && code !== 'refused' && code !== 'model-unavailable';
    const retryAfterMs = againAtMs === undefined || !waits ? undefined : Math.max(0, againAtMs - clock.now());
    const detail = this.#failure?.blame === 'request' ? this.#failure.detail : undefined;
    return {
      kind: 'failed',
      code,
      calls: this.#job.progress.calls || (this.#sent?.call ?? 0),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(detail === undefined ? {} : { detail }),
      ...(this.#sent === undefined ? {} : { candidate: this.#sent.candidate }),
    };
  }

  /** When a key of the line may serve a new call, as the pool sees it. */
  #seatInMs(): number | undefined {
    const { pool, lines, clock } = this.#options;
    const { line } = this.#job;
    const view = pool.snapshot(line);
    if (view.keys.length === 0) return undefined;
    const coolUntilMs = cooldownUntilMs(availabilityOf(view.keys));
    return coolUntilMs ?? clock.now() + Math.max(minRetryMs, expectedWaitMs(lines.waiting(line) + 1, view));
  }

  /** Brings what was made; files are checked and kept as those of jobs are, and leave with the answer. */
  async #resultOf(answered: Extract<TurnEnding, { kind: 'answered' }>): Promise<CallEnding | { readonly park: Park }> {
    const { results, onAnswered } = this.#options;
    const { source, candidate, progress, trail } = answered;
    const { kind, client, id } = this.#call;
    const { ending } = trail;
    if (ending.kind === 'answered') onAnswered({ userId: client.number, kind, trail });
    const usage = ending.kind === 'answered' && ending.usage !== undefined ? { usage: ending.usage } : {};
    const facts = { kind: 'answered', candidate, calls: progress.calls, ...usage } as const;
    if (source.kind === 'text') {
      const { kind: _kind, ...text } = source;
      return { ...facts, result: { kind: 'text', ...text } };
    }
    try {
      const answer = { model: candidate.model, source, progress };
      const brought = await fetchAndStore(this.#job, answer, this.#signal, { ...this.#options, resultStore: results });
      if (brought.after !== undefined) this.#failure = brought.after.failure;
      if (brought.kind === 'parked') return { park: brought.park };
      const { outcome } = brought;
      if (outcome.kind === 'failed') return this.#failed(outcome.code);
      if (outcome.kind === 'cancelled') throw new JobStopped('cancelled');
      const files = await Promise.all(filesOf(outcome.payload).map((file, part) => this.#read(file, part)));
      return { ...facts, result: { kind: 'files', files } };
    } finally {
      await results.remove(id);
    }
  }

  async #read({ mime, bytes }: MediaFile, part: number): Promise<{ mime: string; bytes: Uint8Array }> {
    const opened = await this.#options.results.open(this.#call.id, part);
    if (opened === undefined)
      throw new Error(`Cannot read part ${part} of the result of ${this.#call.id}: it has gone`);
    const whole = Buffer.alloc(bytes);
    let at = 0;
    for await (const chunk of opened.stream()) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    return { mime, bytes: whole };
  }

  async #keepPictures(pictures: readonly Uint8Array[]): Promise<readonly MediaFile[] | Failed> {
    const { inputs } = this.#options;
    const kept: MediaFile[] = [];
    for (const [part, bytes] of pictures.entries()) {
      const source = { kind: 'bytes', bytes } as const;
      const stored = await inputs.download(source, this.#call.kind, this.#call.id, this.#signal, part);
      if (!stored.ok) return this.#failed(stored.diskFull === true ? 'stopped' : 'bad-request');
      kept.push(stored.file);
    }
    return kept;
  }

  #material(inputs: readonly MediaFile[]): RequestMaterial {
    const { history = [], relay } = this.#call;
    const heard = relay && this.#relayOf(relay);
    return { inputs, history, ...(heard === undefined ? {} : { relay: heard }) };
  }

  #relayOf(relay: Relay): Relay {
    const { onEvent, onWhole } = relay;
    if (onWhole !== undefined) return { ...relay, onWhole: this.#afterBegin(onWhole) };
    return onEvent === undefined ? relay : { ...relay, onEvent: this.#afterBegin(onEvent) };
  }

  #afterBegin<Heard>(tell: (heard: Heard) => void): (heard: Heard) => void {
    return (heard) => {
      this.#begin();
      tell(heard);
    };
  }

  #heard(soFar: string): void {
    const { onText, relay } = this.#call;
    const provider = this.#options.providers.get(this.#sent?.candidate.provider ?? '');
    // Of a call that is sent unchanged, the events are passed on.
    if (onText === undefined || (relay !== undefined && provider?.relays?.has(relay.route) === true)) return;
    this.#begin();
    onText(soFar);
  }

  #begin(): void {
    if (this.#hasBegun || this.#sent === undefined) return;
    this.#hasBegun = true;
    this.#call.onBegin?.({ candidate: this.#sent.candidate, calls: this.#sent.call });
  }

  /** Nothing of a call outlives it, so its journal only knows who was asked last. */
  readonly #journal: CallJournal = {
    sent: async (trail) => {
      this.#sent = trail;
      return true;
    },
    answered: async () => true,
    submitted: async () => true,
    ended: () => undefined,
    checkpoint: (progress) => {
      this.#job = { ...this.#job, progress };
    },
  };
}

const tooLate = new Error('The call has waited for as long as it may');

/** The call as the attempt loop knows requests. It came from no chat. */
function jobFor({ id, kind, chain, prompt, options, client }: ClientCall, nowMs: number): Job {
  const [first] = chain;
  if (first === undefined) throw new Error(`Cannot make call ${id}: its chain is empty`);
  return {
    id,
    kind,
    prompt,
    ...(options === undefined ? {} : { options }),
    lane: client.lane,
    locale: 'en',
    origin: { chatId: client.number, chatType: 'private', userId: client.number, messageId: 0 },
    updateId: 0,
    line: first.provider,
    state: { kind: 'waiting', readyAtMs: nowMs },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: nowMs,
  };
}
