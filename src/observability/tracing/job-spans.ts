import { randomBytes } from 'node:crypto';
import type { AppEvent } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Attributes, Span } from './otlp.ts';

type EventOf<Name extends AppEvent['event']> = Extract<AppEvent, { event: Name }>;

/** The events from which spans are made. */
export const tracedEvents = [
  'job.accepted',
  'job.started',
  'job.parked',
  'job.produced',
  'job.failed',
  'job.cancelled',
  'job.delivered',
  'job.notified',
  'job.undeliverable',
  'job.dead-lettered',
  'attempt.started',
  'attempt.failed',
  'attempt.lost',
  'attempt.succeeded',
] as const satisfies readonly AppEvent['event'][];

export type TracedEvent = EventOf<(typeof tracedEvents)[number]>;

export type JobSpansOptions = {
  readonly onSpan: (span: Span) => void;
  readonly nowMs: () => number;
  /** This many random bytes in hex. */
  readonly newId?: (bytes: number) => string;
};

/** A job whose end is not known yet. */
type Open = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly isSampled: boolean;
  readonly startMs: number;
  readonly isCall: boolean;
  readonly attributes: Record<string, string | number | boolean>;
  /** Since when it waits in a line. */
  waitsSinceMs: number | undefined;
  attempt: { readonly startMs: number; readonly spanId: string } | undefined;
  calls: number;
  answeredMs: number | undefined;
  endedMs: number | undefined;
  failure: string | undefined;
};

/** Beyond so many, the oldest are forgotten: their spans are never told. */
const maxOpen = 20_000;
const [traceBytes, spanBytes] = [16, 8];

/**
 * Makes spans of events: one for each job or gateway call, below it one for each wait, provider call, fetching of a result and
 * delivery. They hold kinds, names and classes: no words of people, no number of a person, no key.
 */
export class JobSpans {
  readonly #options: JobSpansOptions;
  readonly #newId: (bytes: number) => string;
  readonly #open = new Map<JobId, Open>();

  constructor(options: JobSpansOptions) {
    this.#options = options;
    this.#newId = options.newId ?? ((bytes) => randomBytes(bytes).toString('hex'));
  }

  get open(): number {
    return this.#open.size;
  }

  hear(event: TracedEvent): void {
    switch (event.event) {
      case 'job.accepted':
        return void this.#begin(event.jobId, event);
      case 'job.started':
        return this.#started(event);
      case 'job.parked':
        return this.#parked(event);
      case 'attempt.started':
        return this.#attemptStarted(event);
      case 'attempt.succeeded':
      case 'attempt.failed':
      case 'attempt.lost':
        return this.#attemptEnded(event);
      case 'job.produced':
        return this.#produced(event);
      case 'job.failed':
        return this.#failed(event.jobId, event.code);
      case 'job.delivered':
      case 'job.notified':
      case 'job.undeliverable':
        return this.#delivered(event);
      case 'job.cancelled':
        return this.#end(event.jobId, 'cancelled');
      case 'job.dead-lettered':
        return this.#end(event.jobId, 'set-aside', 'set-aside');
    }
  }

  #begin(jobId: JobId, accepted?: EventOf<'job.accepted'>): Open {
    const { trace } = accepted ?? {};
    const nowMs = this.#options.nowMs();
    const open: Open = {
      traceId: trace?.traceId ?? this.#newId(traceBytes),
      spanId: this.#newId(spanBytes),
      ...(trace === undefined ? {} : { parentId: trace.parentId }),
      isSampled: trace?.isSampled ?? true,
      startMs: nowMs,
      isCall: accepted?.client !== undefined,
      attributes: {
        'darkroom.job.id': jobId,
        // A job of an earlier run: when it was accepted is not known here.
        ...(accepted === undefined
          ? { 'darkroom.job.resumed': true }
          : { 'darkroom.job.kind': accepted.kind, 'darkroom.job.lane': accepted.lane }),
        ...(accepted?.client === undefined ? {} : { 'darkroom.client': accepted.client }),
      },
      waitsSinceMs: nowMs,
      attempt: undefined,
      calls: 0,
      answeredMs: undefined,
      endedMs: undefined,
      failure: undefined,
    };
    this.#open.set(jobId, open);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= maxOpen) break;
      this.#open.delete(oldest);
    }
    return open;
  }

  #of(jobId: JobId): Open {
    return this.#open.get(jobId) ?? this.#begin(jobId);
  }

  #tell(open: Open, span: Pick<Span, 'name' | 'kind' | 'startMs' | 'attributes'> & Partial<Span>): void {
    if (!open.isSampled) return;
    const { traceId, spanId: parentId } = open;
    this.#options.onSpan({ traceId, parentId, spanId: this.#newId(spanBytes), endMs: this.#options.nowMs(), ...span });
  }

  #started({ jobId, line }: EventOf<'job.started'>): void {
    this.#endWait(this.#of(jobId), { 'darkroom.line': line });
  }

  #endWait(open: Open, attributes: Attributes): void {
    const { waitsSinceMs } = open;
    open.waitsSinceMs = undefined;
    if (waitsSinceMs === undefined) return;
    this.#tell(open, { name: 'wait', kind: 'internal', startMs: waitsSinceMs, attributes });
  }

  #parked({ jobId }: EventOf<'job.parked'>): void {
    this.#of(jobId).waitsSinceMs = this.#options.nowMs();
  }

  #attemptStarted({ jobId }: EventOf<'attempt.started'>): void {
    const open = this.#of(jobId);
    // A call of a program that need not wait is not announced as started.
    this.#endWait(open, {});
    open.calls += 1;
    open.attempt = { startMs: this.#options.nowMs(), spanId: this.#newId(spanBytes) };
  }

  #attemptEnded(event: EventOf<'attempt.succeeded' | 'attempt.failed' | 'attempt.lost'>): void {
    const open = this.#of(event.jobId);
    const nowMs = this.#options.nowMs();
    const { attempt } = open;
    open.attempt = undefined;
    const failure = event.event === 'attempt.failed' ? event.failure.reason : undefined;
    if (event.event === 'attempt.succeeded') open.answeredMs = nowMs;
    this.#tell(open, {
      name: 'attempt',
      kind: 'client',
      startMs: attempt?.startMs ?? nowMs - (event.event === 'attempt.lost' ? 0 : event.ms),
      ...(attempt === undefined ? {} : { spanId: attempt.spanId }),
      attributes: {
        'gen_ai.provider.name': event.keyName.replace(/ #\d+$/, ''),
        'gen_ai.request.model': event.model,
        'darkroom.key': event.keyName,
        'darkroom.attempt': event.attempt,
        'darkroom.outcome': event.event === 'attempt.succeeded' ? 'answered' : (failure ?? 'lost'),
        ...(event.event === 'attempt.failed' ? { 'darkroom.blame': event.failure.blame } : {}),
      },
      ...(event.event === 'attempt.succeeded' ? {} : { failure: failure ?? 'lost' }),
    });
  }

  #produced({ jobId, bytes, mime }: EventOf<'job.produced'>): void {
    const open = this.#of(jobId);
    const startMs = open.answeredMs ?? this.#options.nowMs();
    const attributes = { 'darkroom.result.bytes': bytes, 'darkroom.result.mime': mime };
    // An answer in words is there with the call itself.
    if (!mime.startsWith('text/')) this.#tell(open, { name: 'fetch', kind: 'client', startMs, attributes });
    open.endedMs = this.#options.nowMs();
    if (open.isCall) this.#end(jobId, 'result');
  }

  #failed(jobId: JobId, code: string): void {
    const open = this.#of(jobId);
    open.endedMs = this.#options.nowMs();
    open.failure = code;
    if (open.isCall) this.#end(jobId, 'failed', code);
  }

  #delivered(event: EventOf<'job.delivered' | 'job.notified' | 'job.undeliverable'>): void {
    const open = this.#open.get(event.jobId);
    if (open === undefined) return;
    const startMs = open.endedMs ?? this.#options.nowMs();
    const isTold = event.event !== 'job.undeliverable';
    this.#tell(open, {
      name: 'delivery',
      kind: 'client',
      startMs,
      attributes: { 'darkroom.outcome': isTold ? 'told' : 'held' },
      ...(isTold ? {} : { failure: 'undeliverable' }),
    });
    if (open.failure === undefined) this.#end(event.jobId, 'result');
    else this.#end(event.jobId, 'failed', open.failure);
  }

  #end(jobId: JobId, outcome: string, failure?: string): void {
    const open = this.#open.get(jobId);
    if (open === undefined) return;
    this.#open.delete(jobId);
    const { spanId, parentId, startMs, attributes, calls, isCall } = open;
    const { traceId, isSampled } = open;
    if (!isSampled) return;
    this.#options.onSpan({
      traceId,
      spanId,
      ...(parentId === undefined ? {} : { parentId }),
      name: isCall ? 'gateway call' : 'job',
      kind: 'server',
      startMs,
      endMs: this.#options.nowMs(),
      attributes: { ...attributes, 'darkroom.outcome': outcome, 'darkroom.calls': calls, 'darkroom.code': failure },
      ...(failure === undefined ? {} : { failure }),
    });
  }
}
