/** How a job can end without a result. Each code has a message in every locale; the compiler sees to it. */
export const failureCodes = [
  'keys-being-set-up',
  'out-of-credit',
  'busy',
  'taking-longer',
  'provider-down',
  'model-unavailable',
  'result-unavailable',
  'refused',
  'bad-request',
  'empty-prompt',
  'prompt-too-long',
  'too-large',
  'quota-reached',
  'queue-full',
  'not-allowed',
  'media-not-allowed',
  'chat-closed',
  'set-aside',
  'cancelled',
  'stopped',
] as const;

export type FailureCode = (typeof failureCodes)[number];

/** How sure the classification is: by a structured code or a documented status, by a type or an undocumented status, or by words alone. */
export type Sureness = 'sure' | 'likely' | 'guess';

/**
 * What the account of a key cannot pay for: calls of this model, whose allowance is its own; calls of this price (it may still
 * pay for cheaper ones); or every call.
 */
export type CreditScope = 'this-model' | 'this-price' | 'all';

/**
 * How one attempt failed, and whose fault it was. Adapters and the media room make these, once, at the edge; everyone
 * after them switches on `blame` and `reason`. `detail` is for the operator: short, without secrets. Without
 * `sureness` the failure is sure. `retryAfterMs` is the wait that the provider stated, up to a day.
 */
export type AttemptFailure = { readonly detail: string; readonly sureness?: Sureness } & (
  | { readonly blame: 'key'; readonly reason: 'rejected' | 'concurrency' | 'not-entitled' }
  | {
      readonly blame: 'key';
      /** No money, or an allowance of a day or a month is used up: with `retryAfterMs` it is full again after that time. */
      readonly reason: 'out-of-credit';
      /** Absent when the provider does not say. */
      readonly credit?: CreditScope;
      readonly retryAfterMs?: number;
    }
  | { readonly blame: 'key'; readonly reason: 'rate-limited'; readonly retryAfterMs?: number }
  | { readonly blame: 'model'; readonly reason: 'unknown-model' }
  | {
      readonly blame: 'provider';
      readonly reason: 'timed-out' | 'overloaded' | 'unreachable' | 'malformed' | 'failed-run';
      readonly retryAfterMs?: number;
    }
  /** The provider, or the content network in front of it, refuses this machine or its address: no key is at fault. */
  | { readonly blame: 'provider'; readonly reason: 'blocks-this-machine'; readonly retryAfterMs?: number }
  | {
      readonly blame: 'provider';
      readonly reason: 'result-unavailable' | 'result-forbidden' | 'result-unusable' | 'result-too-large';
    }
  /** In no table: costs the job an attempt and penalises no key; counted so that the table can be extended. */
  | { readonly blame: 'provider'; readonly reason: 'unrecognized' }
  | { readonly blame: 'request'; readonly reason: 'bad-request' | 'refused' }
);

export type FailureReason = AttemptFailure['reason'];

/** One rule of the operator: an answer with all that it names means this, before the provider's own table is asked. */
export type OwnRule = {
  readonly provider: string;
  readonly status?: number;
  /** A structured code, compared without case. */
  readonly code?: string;
  /** A part of the answer's text, compared without case. */
  readonly words?: string;
  readonly means: Exclude<FailureReason, `result-${string}`>;
};

/**
 * True for a refusal whose words are not known for certain: the key, this machine or the request itself may be its cause.
 * One request's word is then not enough to conclude anything about a key or a provider.
 */
export function isDoubtful({ reason, sureness = 'sure' }: Pick<AttemptFailure, 'reason' | 'sureness'>): boolean {
  if (reason === 'bad-request' || reason === 'malformed') return sureness === 'guess';
  return sureness !== 'sure' && (reason === 'rejected' || reason === 'blocks-this-machine');
}

/** Why a result could not be used; the detail is for operators. */
export type ResultFailure = { readonly reason: ResultReason; readonly detail: string };

type ResultReason = Extract<FailureReason, `result-${string}`>;

export function isResultReason(reason: FailureReason): reason is ResultReason {
  return reason.startsWith('result-');
}

/** How far a failure reaches: what else would meet it. */
export type FailureScope = 'request' | 'key' | 'key-and-model' | 'account' | 'model' | 'provider' | 'network';

/** What the job does next. */
export type FailureAction = 'fail' | 'rotate' | 'wait' | 'next-candidate';

export type FailureTraits = { readonly scope: FailureScope; readonly action: FailureAction };

/** The scope and the action of every reason. */
export const failureTraits = {
  rejected: { scope: 'key', action: 'rotate' },
  'not-entitled': { scope: 'key-and-model', action: 'rotate' },
  'out-of-credit': { scope: 'account', action: 'rotate' },
  concurrency: { scope: 'account', action: 'rotate' },
  'rate-limited': { scope: 'key', action: 'rotate' },
  'unknown-model': { scope: 'model', action: 'next-candidate' },
  'timed-out': { scope: 'provider', action: 'wait' },
  overloaded: { scope: 'provider', action: 'wait' },
  unreachable: { scope: 'network', action: 'wait' },
  malformed: { scope: 'provider', action: 'wait' },
  'blocks-this-machine': { scope: 'network', action: 'wait' },
  'failed-run': { scope: 'provider', action: 'wait' },
  unrecognized: { scope: 'provider', action: 'wait' },
  'result-unavailable': { scope: 'provider', action: 'wait' },
  'result-forbidden': { scope: 'model', action: 'next-candidate' },
  'result-unusable': { scope: 'model', action: 'next-candidate' },
  'result-too-large': { scope: 'model', action: 'next-candidate' },
  'bad-request': { scope: 'request', action: 'fail' },
  refused: { scope: 'request', action: 'fail' },
} as const satisfies Record<FailureReason, FailureTraits>;

/** Why a database on a server cannot be used, by what fixes it. */
export const outageReasons = [
  'host',
  'address',
  'connections',
  'starting',
  'silent',
  'full',
  'standby',
  'rights',
  'other',
] as const;
export type OutageReason = (typeof outageReasons)[number];

/** What the storage could not do. */
export abstract class StoreUnavailable extends Error {
  /** Known of a database on a server. */
  readonly reason: OutageReason = 'other';

  /** The machine underneath refuses (full, locked, read-only): nothing was changed, and the same may succeed later. */
  abstract readonly isRefusal: boolean;

  /** A start that failed for this may succeed later without anybody changing a setting. */
  get mayPass(): boolean {
    return false;
  }
}

/** The machine's fault alone; the storage reports it once. */
export function isStorageRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.isRefusal;
}

/** What is kept on this machine. */
export type Kept = 'database' | 'results';
