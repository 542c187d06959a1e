import type { FailureCode } from '../failure.ts';
import type { JobId } from '../ids.ts';
import type { Candidate, GenerationOptions } from '../job.ts';
import type { JobKind, Lane } from '../kinds.ts';
import type { ChatTurn, Relay, Usage } from '../provider.ts';

/** One request of a client. It lives as long as its connection: nothing of it is kept but its cost. */
export type ClientCall = {
  readonly id: JobId;
  readonly client: {
    readonly name: string;
    /** See `ClientNumbers`. */
    readonly number: number;
    readonly lane: Lane;
    /** How many of its calls may run at once; no limit when absent. */
    readonly running?: number;
  };
  readonly kind: JobKind;
  /** The candidates to ask, in order; never empty. */
  readonly chain: readonly Candidate[];
  /** What is asked, in words: of a conversation the last turn of the person. */
  readonly prompt: string;
  readonly options?: GenerationOptions;
  readonly history?: readonly ChatTurn[];
  /** The pictures to change, as they were sent. */
  readonly pictures?: readonly Uint8Array[];
  readonly relay?: Relay;
  /** The trace of the caller, which no provider is told of. */
  readonly trace?: TraceParent;
  /** Hears the whole text so far while it is written, from a provider that is not sent the call unchanged. */
  readonly onText?: (soFar: string) => void;
  /** Called once, before the first event or text of a stream. */
  readonly onBegin?: (begun: Begun) => void;
};

/** Who answers, at which provider call. */
export type Begun = { readonly candidate: Candidate; readonly calls: number };

/** What was made for a call. */
export type CallResult =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** The rest is missing: the stream broke after it had begun. */
      readonly isCut?: true;
      /** The provider's own answer, where the call was relayed and not streamed. */
      readonly relayed?: Uint8Array;
    }
  | { readonly kind: 'files'; readonly files: readonly { readonly mime: string; readonly bytes: Uint8Array }[] };

/** How a call ended. `calls` counts the calls to providers. */
export type CallEnding =
  | ({
      readonly kind: 'answered';
      readonly result: CallResult;
      readonly usage?: Usage;
    } & Begun)
  | {
      readonly kind: 'failed';
      readonly code: FailureCode;
      readonly calls: number;
      /** When it is worth asking again, as far as that is known. */
      readonly retryAfterMs?: number;
      /** What the provider finds wrong with the request; without secrets. */
      readonly detail?: string;
      readonly candidate?: Candidate;
    };

/** The reason of the end of a call whose caller hung up. */
export class CallerGone extends Error {
  constructor() {
    super('The caller has hung up');
    this.name = 'CallerGone';
  }
}

/** Makes calls of clients with the keys of the pool, in the same lines as the requests of people. */
export type ClientCalls = {
  /**
   * Breaks the provider's call off once `stop` is aborted, and rejects with a CallerGone that it was aborted with. It aborts
   * `stop` itself when the app closes; then it resolves.
   */
  run(call: ClientCall, stop: AbortController): Promise<CallEnding>;
};

/** The trace of a caller, in which its call is a part: 32 and 16 hex digits, as W3C Trace Context has them. */
export type TraceParent = {
  readonly traceId: string;
  readonly parentId: string;
  /** The caller records its trace; of one that it does not record nothing is told. */
  readonly isSampled: boolean;
};

const header = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/;

/** Reads a `traceparent` header (W3C Trace Context, level 1); undefined for one that has to be ignored. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  const [, version, traceId = '', parentId = '', flags = '', more] = header.exec(text?.trim() ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
