import type { FailureReason } from './failure.ts';
import type { JobId, KeyId, ProviderName } from './ids.ts';
import type { Candidate, HeldReason, Outcome } from './job.ts';
import type { JobKind, Lane, StyleName } from './kinds.ts';
import type { ModelFacts, ProviderQueue } from './provider.ts';
import {
  type KeyBalance,
  type KeyHealth,
  dueAtMs,
  type KeyState,
  acceptsCalls,
  type BenchReason,
} from './key-state.ts';

/** One key as an operator sees it; never the key itself. */
export type KeyView = KeyHealth & {
  readonly id: KeyId;
  /** `bytez #3`: its place in the order in which it was read. */
  readonly name: string;
  readonly provider: ProviderName;
  /** At most the first and the last four characters of a long key, for an admin's eyes: `abcd…wxyz`. */
  readonly hint: string;
  /** What operators call it. */
  readonly label?: string;
  readonly state: KeyState;
  readonly inFlight: number;
  /** Calls that it may carry at once, as far as is known; shared with the other keys of its account. */
  readonly seats: number;
  /** Its siblings in the same account have the same one. */
  readonly account?: KeyId;
  /** Its server is asked without a key. */
  readonly keyless?: true;
  /** It was added while the bot ran, and can be removed. */
  readonly isAdded?: true;
  /** The UTC day from which on it is not used, where one is known. */
  readonly endsOn?: string;
  /** What is left on its account, where the provider tells. */
  readonly balance?: KeyBalance;
};

export type PoolView = {
  readonly total: number;
  /** Ready, suspect or half-open: they take calls. */
  readonly ready: number;
  readonly cooling: number;
  readonly benched: number;
  readonly disabled: number;
  /** When the first cooling key wakes, or is tried for being its provider's last. */
  readonly nextWakeMs?: number;
  readonly keys: readonly KeyView[];
};

/** The keys counted by what they are good for. */
export function poolViewOf(keys: readonly KeyView[]): PoolView {
  const taking = new Set(keys.filter(({ state }) => acceptsCalls(state)).map(({ provider }) => provider));
  const wakes = keys.flatMap(({ state, provider }) =>
    state.kind === 'cooling' ? [dueAtMs(state, !taking.has(provider))] : [],
  );
  const count = (kind: KeyState['kind']) => keys.filter(({ state }) => state.kind === kind).length;
  return {
    total: keys.length,
    ready: keys.filter(({ state }) => acceptsCalls(state)).length,
    cooling: count('cooling'),
    benched: count('benched') + count('probing'),
    disabled: count('disabled'),
    ...(wakes.length > 0 ? { nextWakeMs: Math.min(...wakes) } : {}),
    keys,
  };
}

/**
 * What the first job of a line waits for: its turn, which comes at once; a call of others to end; the person's own earlier
 * request, or an earlier one of the same group, to end; a free slot to be made again.
 */
export type NextInLine = 'starts' | 'slot' | 'own-request' | 'group-request' | 'again';

/** Where a job stands right now, as told to the person who asked. */
export type JobPhase =
  /** `inMs` is the estimated wait, where call times are known. */
  | { readonly kind: 'queued'; readonly ahead: number; readonly next?: NextInLine; readonly inMs?: number }
  /** All keys cool down or are busy; the job keeps its place. `inMs` is the estimated wait, when known. */
  | { readonly kind: 'paused'; readonly ahead: number; readonly inMs?: number }
  | {
      readonly kind: 'making';
      readonly attempt: number;
      readonly of: number;
      /** Where it stands with a provider that has a queue of its own. */
      readonly queue?: ProviderQueue;
      /** What has been written of an answer. */
      readonly text?: string;
    }
  /** An attempt failed by the provider's fault and another one follows. */
  | { readonly kind: 'retrying'; readonly after: FailureReason; readonly attempt: number; readonly of: number }
  /** The provider has answered; the file is fetched and sent. */
  | { readonly kind: 'delivering' }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/** How many more requests of a kind the person may make today, of how many. */
export type DayLeft = { readonly left: number; readonly limit: number };

export type JobView = {
  readonly id: JobId;
  /** Who asked. */
  readonly userId: number;
  readonly kind: JobKind;
  readonly lane: Lane;
  readonly prompt: string;
  /** What the model was told in place of the prompt, where a chat model has rewritten it. */
  readonly asked?: string;
  /** The style that was asked for. */
  readonly preset?: StyleName;
  readonly phase: JobPhase;
  /** Told, but the outcome may not have reached the person. */
  readonly held?: HeldReason;
  /** A bought pack pays for it; absent where the day's allowance does. */
  readonly isFromPack?: true;
  /** Since the job was accepted. */
  readonly ageMs: number;
  /** When a line claimed it for the first time. Milliseconds since 1970. */
  readonly beganAtMs?: number;
  /** What is left of the day's requests of its kind; absent where there is no limit, or where nobody asked for it. */
  readonly left?: DayLeft;
  /** Of an album: how many of its results are ready. */
  readonly album?: { readonly ready: number; readonly size: number };
  /** With it and the same words the model makes the same result again; absent where there is none, or it takes no seed. */
  readonly seed?: number;
};

/** A model that people may ask for, as far as it is known. */
export type OfferedModel = Candidate & Pick<ModelFacts, 'label' | 'price' | 'usualMs'>;

/**
 * A candidate of a chain as it is known now. `resting`: not asked for some minutes; `gone`: its provider says that it does
 * not serve it; `ended`: the day of its end has come.
 */
export type ChainModel = Candidate &
  Pick<ModelFacts, 'label' | 'usualMs' | 'endsOn'> & {
    readonly kind: JobKind;
    readonly state: 'served' | 'resting' | 'gone' | 'ended';
    /** Takes its place when it is gone or has ended. */
    readonly replacedBy?: string;
  };

/** What some keys are good for, by their states alone: whether one of them has a seat free is the pool's to say. */
export type Availability =
  /** At least one key takes calls. */
  | { readonly kind: 'taking' }
  /** No key accepts calls, but one is being probed; `untilMs` is when the first cooldown ends. */
  | { readonly kind: 'probing'; readonly untilMs?: number }
  /** No key accepts calls; the first cooldown ends at `untilMs`. */
  | { readonly kind: 'cooling'; readonly untilMs: number }
  /** All are benched or disabled; `reason` is what most of them say, `probeAtMs` when the first is tried again. */
  | { readonly kind: 'benched'; readonly reason: BenchReason; readonly probeAtMs?: number }
  | { readonly kind: 'no-keys' };

/**
 * The one answer to "can these keys serve?", behind the pool, readiness, /status and what people are told of the wait.
 * `isLast` is false where other keys of the provider accept calls: then no guessed cooldown is shortened.
 */
export function availabilityOf(keys: Iterable<{ readonly state: KeyState }>, isLast = true): Availability {
  let count = 0;
  let isProbing = false;
  let untilMs = Infinity;
  let probeAtMs = Infinity;
  let benched = 0;
  let outOfCredit = 0;
  for (const { state } of keys) {
    if (acceptsCalls(state)) return { kind: 'taking' };
    count += 1;
    if (state.kind === 'probing') isProbing = true;
    else if (state.kind === 'cooling') untilMs = Math.min(untilMs, dueAtMs(state, isLast));
    else if (state.kind === 'benched') {
      benched += 1;
      if (state.reason === 'out-of-credit') outOfCredit += 1;
      probeAtMs = Math.min(probeAtMs, state.probeAtMs);
    }
  }
  if (count === 0) return { kind: 'no-keys' };
  if (isProbing) return { kind: 'probing', ...(untilMs < Infinity ? { untilMs } : {}) };
  if (untilMs < Infinity) return { kind: 'cooling', untilMs };
  const reason = outOfCredit * 2 > benched ? 'out-of-credit' : 'rejected';
  return { kind: 'benched', reason, ...(probeAtMs < Infinity ? { probeAtMs } : {}) };
}

/** Returns when the first cooldown ends, if no key accepts calls; undefined if one does, or none cools down. */
export function cooldownUntilMs(availability: Availability): number | undefined {
  return availability.kind === 'cooling' || availability.kind === 'probing' ? availability.untilMs : undefined;
}

/** Whether a request could be served now. `no-model`: the providers whose keys are usable serve no model of the chains. */
export type Serving = 'yes' | 'no-key' | 'no-model';

/** True when a key accepts calls, or will without an admin's help: requests are accepted. */
export function isUsable(availability: Availability): boolean {
  return availability.kind === 'taking' || cooldownUntilMs(availability) !== undefined;
}

/** Two points of a distribution, read from a logarithmic histogram: at most an eighth too high. */
export type Percentiles = { readonly p50Ms: number; readonly p95Ms: number };

/** What became of the jobs that were accepted in a span of time; those that neither were answered nor ended are open. */
export type HistoryCounts = {
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Provider calls made for the answered ones. */
  readonly callsOfAnswered: number;
  /** From acceptance to the first claim; absent where none was claimed. */
  readonly wait?: Percentiles;
  /** From acceptance to the result; absent where none was answered. */
  readonly untilAnswered?: Percentiles;
};

export type HistorySpan = HistoryCounts & { readonly fromMs: number };

export type History = {
  /** How long each span is: an hour, or a UTC day. */
  readonly stepMs: number;
  /** Without gaps, oldest first; the last one is not over. */
  readonly spans: readonly HistorySpan[];
  readonly total: HistoryCounts;
};
