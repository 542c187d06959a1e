import type { RaisedAlert } from '../../domain/admin-api.ts';
import type { AlertFacts } from '../../domain/alert.ts';
import type { AppEvent, Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type BucketFailure, bucketFailures } from '../../domain/media.ts';
import type { PoolView } from '../../domain/views.ts';
import type { Clock } from '../../kit/clock.ts';
import { AlertBoard, CallAlerts, KeyAlerts } from './provider-alerts.ts';
import { candidateName } from '../../domain/job.ts';

const minIntervalMs = 3_600_000;

/** Raises an alert when a person who is no admin tries an admin command, at most once an hour. */
class UnauthorizedAttempts {
  readonly #board: AlertBoard;
  #raisedAtMonotonicMs = -Infinity;
  #count = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  attempted(userId: number, monotonicMs: number): void {
    if (monotonicMs - this.#raisedAtMonotonicMs < minIntervalMs) return;
    this.#raisedAtMonotonicMs = monotonicMs;
    this.#count += 1;
    // Such an alert is never resolved, so the next one needs an id of its own.
    this.#board.raise(`unauthorized-admin-attempt:${this.#count}`, { kind: 'unauthorized-admin-attempt', userId });
  }
}

/** Pauses of some seconds are normal; one this long means that the bot has sent too much. */
const longPauseMs = 600_000;
const rateLimitAlertId = 'telegram-rate-limited';

/** Raises an alert when Telegram asks for a long pause, and resolves it when the last pause is over. */
class TelegramRateLimits {
  readonly #board: AlertBoard;
  #untilMs = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  paused(forMs: number, nowMs: number): void {
    if (forMs < longPauseMs) return;
    this.#untilMs = Math.max(this.#untilMs, nowMs + forMs);
    this.#board.raise(rateLimitAlertId, { kind: 'telegram-rate-limited', forMs });
  }

  /** Resolves the alert when the pause is over. */
  update(nowMs: number): void {
    if (nowMs >= this.#untilMs) this.#board.resolve(rateLimitAlertId);
  }
}

/** Shorter waits between two tries of a delivery are normal. */
const longPostponedMs = 60_000;
const notArrivingId = 'results-not-arriving';
const contestedId = 'updates-contested';

type AlertsOptions = {
  readonly pool: () => PoolView;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** Called with `alert.raised` and `alert.resolved`, which the listener itself ignores. */
  readonly emit: Emit;
};

type Alerts = {
  /** The listener; it never throws. */
  readonly onEvent: Emit;
  /** The alerts that are raised now, oldest first. */
  raised(): readonly RaisedAlert[];
};

/** Turns events into alerts: each is raised once and resolved once. */
export function createAlerts({ pool, clock, emit }: AlertsOptions): Alerts {
  const board = new AlertBoard(emit, () => clock.now());
  const providerOf = providerLookup(pool);
  const keys = new KeyAlerts(board, pool, providerOf);
  const calls = new CallAlerts(board, providerOf);
  const addresses = new AddressAlerts(board);
  const models = new ModelAlerts(board);
  const telegram = new TelegramRateLimits(board);
  const unauthorized = new UnauthorizedAttempts(board);
  const handle = (event: AppEvent): void => {
    const name = event.event;
    telegram.update(clock.monotonicMs());
    if (name === 'attempt.failed' || name === 'attempt.succeeded') {
      if (name === 'attempt.failed') keys.failed(event.keyId, event.keyName, event.failure);
      else keys.succeeded(event.keyId);
      if (name === 'attempt.succeeded') addresses.served(providerOf(event.keyId));
      calls.ended(event, clock.monotonicMs());
      if (name === 'attempt.succeeded') models.served(providerOf(event.keyId), event.model);
    } else if (name === 'model.gone') models.gone(event);
    else if (name === 'provider.empty') models.empty(event.provider);
    else if (name === 'provider.filled') models.filled(event.provider);
    else if (name === 'model.ends') models.ends(event);
    else if (name === 'key.not-in-plan') models.notInPlan(event);
    else if (name === 'key.changed') keys.changed(event);
    else if (name === 'keys.cleared') keys.cleared(event.keyNames);
    else if (name === 'keys.reloaded') keys.cleared(event.removed);
    else if (name === 'app.started' || name === 'keys.tested') keys.countReady();
    else if (name === 'address.wrong') addresses.wrong(event.provider);
    else if (name === 'address.right') addresses.right(event.provider);
    else if (name === 'model.closed') models.closed(event.provider, event.model);
    else if (name === 'breaker.opened') board.raise(downAlertId(event.provider), downFacts(event.provider));
    else if (name === 'budget.near' || name === 'budget.spent') {
      const { of, usd, limit } = event;
      board.resolve(budgetAlertId(of, name !== 'budget.spent'));
      board.raise(budgetAlertId(of, name === 'budget.spent'), {
        kind: 'budget',
        of,
        usd,
        limit,
        isSpent: name === 'budget.spent',
      });
    } else if (name === 'budget.renewed') {
      for (const isSpent of [false, true]) board.resolve(budgetAlertId(event.of, isSpent));
    } else if (name === 'breaker.closed') board.resolve(downAlertId(event.provider));
    else if (name === 'storage.unavailable') board.raise(storageAlertId(event.what), storageFacts(event.what));
    else if (name === 'storage.recovered') board.resolve(storageAlertId(event.what));
    else if (name === 'bucket.failing') {
      resolveBucketAlerts(board, event.why);
      board.raise(bucketAlertId(event.why), { kind: 'bucket-failing', why: event.why });
    } else if (name === 'bucket.recovered') resolveBucketAlerts(board);
    else if (name === 'telegram.conflict') board.raise(contestedId, { kind: 'updates-contested', by: event.by });
    else if (name === 'telegram.conflict-over') board.resolve(contestedId);
    else if (name === 'telegram.error') telegram.paused(event.retryInMs ?? 0, clock.monotonicMs());
    else if (name === 'admin.refused') unauthorized.attempted(event.userId, clock.monotonicMs());
    else if (name === 'job.delivered') board.resolve(notArrivingId);
    else if (name === 'job.undeliverable' || name === 'job.delivery-postponed') {
      const isGrave = name === 'job.undeliverable' ? event.held === 'unsure' : event.inMs >= longPostponedMs;
      if (isGrave) board.raise(notArrivingId, { kind: 'results-not-arriving', jobId: event.jobId });
    } else if (name === 'job.dead-lettered') {
      const { jobId, processes } = event;
      board.raise(`job-dead-lettered:${jobId}`, { kind: 'job-dead-lettered', jobId, processes });
    }
  };
  return {
    onEvent: (event) => {
      try {
        handle(event);
      } catch (error) {
        emit({ event: 'app.error', what: `derive alerts from ${event.event}`, error });
      }
    },
    raised: () => board.raised(),
  };
}

/** Finds the provider of a key; reads the pool only for keys it has not seen yet. */
function providerLookup(pool: () => PoolView): (id: KeyId) => ProviderName | undefined {
  const known = new Map<KeyId, ProviderName>();
  return (id) => {
    if (!known.has(id)) for (const key of pool().keys) known.set(key.id, key.provider);
    return known.get(id);
  };
}

type Stored = Extract<AlertFacts, { kind: 'storage-unavailable' }>['what'];

function storageAlertId(what: Stored): string {
  return `storage-unavailable:${what}`;
}

function storageFacts(what: Stored): AlertFacts {
  return { kind: 'storage-unavailable', what };
}

function bucketAlertId(why: BucketFailure): string {
  return `bucket-failing:${why}`;
}

/** A bucket fails for one reason at a time. */
function resolveBucketAlerts(board: AlertBoard, but?: BucketFailure): void {
  for (const why of bucketFailures) if (why !== but) board.resolve(bucketAlertId(why));
}

function budgetAlertId(of: ProviderName | 'all', isSpent: boolean): string {
  return `budget:${of}:${isSpent ? 'spent' : 'near'}`;
}

function downAlertId(provider: ProviderName): string {
  return `provider-silent:${provider}`;
}

function downFacts(provider: ProviderName): AlertFacts {
  return { kind: 'provider-silent', provider };
}

/** Raises an alert about a provider's address, unless a call of the provider has succeeded: then only its probe is gone. */
class AddressAlerts {
  readonly #board: AlertBoard;
  readonly #served = new Set<ProviderName>();

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  wrong(provider: ProviderName): void {
    if (!this.#served.has(provider)) this.#board.raise(addressId(provider), { kind: 'wrong-address', provider });
  }

  right(provider: ProviderName): void {
    this.#board.resolve(addressId(provider));
  }

  served(provider: ProviderName | undefined): void {
    if (provider === undefined || this.#served.has(provider)) return;
    this.#served.add(provider);
    this.right(provider);
  }
}

function addressId(provider: ProviderName): string {
  return `wrong-address:${provider}`;
}

type EventOf<Name extends AppEvent['event']> = Extract<AppEvent, { event: Name }>;

type ModelFailure = 'unknown-model' | 'model-closed';

/**
 * Raises one alert for each provider that does not serve a model it was asked for, and one for each that refuses whatever
 * is asked of a model. The first is over when every such model has made something again; the second when one of them has,
 * because it is the account that is closed. A provider that serves none of its models has an alert of its own in their
 * place: the same state is told once. No key is at fault, so nothing else would tell.
 */
class ModelAlerts {
  readonly #board: AlertBoard;
  readonly #failing: Readonly<Record<ModelFailure, Map<ProviderName, Set<string>>>> = {
    'unknown-model': new Map(),
    'model-closed': new Map(),
  };

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  gone({ provider, model }: EventOf<'model.gone'>): void {
    this.#raise('unknown-model', provider, model);
  }

  closed(provider: ProviderName, model: string): void {
    this.#raise('model-closed', provider, model);
  }

  served(provider: ProviderName | undefined, model: string): void {
    if (provider === undefined) return;
    this.#served('unknown-model', provider, model);
    this.#served('model-closed', provider, model);
  }

  empty(provider: ProviderName): void {
    this.#failing['unknown-model'].delete(provider);
    this.#board.resolve(modelAlertId('unknown-model', provider));
    this.#board.raise(emptyId(provider), { kind: 'provider-empty', provider });
  }

  filled(provider: ProviderName): void {
    this.#board.resolve(emptyId(provider));
  }

  ends({ provider, model, endsOn, replacedBy }: EventOf<'model.ends'>): void {
    const facts = { kind: 'model-ends', provider, model, endsOn } as const;
    const id = `model-ends:${candidateName({ provider, model })}:${endsOn}`;
    this.#board.raise(id, replacedBy === undefined ? facts : { ...facts, replacedBy });
  }

  notInPlan({ keyId, keyName, provider, model }: EventOf<'key.not-in-plan'>): void {
    this.#board.raise(`not-in-plan:${keyId}:${model}`, { kind: 'not-in-plan', provider, keyName, model });
  }

  #raise(kind: ModelFailure, provider: ProviderName, model: string): void {
    const models = this.#failing[kind].get(provider) ?? new Set();
    this.#failing[kind].set(provider, models.add(model));
    this.#board.raise(modelAlertId(kind, provider), { kind, provider, model });
  }

  #served(kind: ModelFailure, provider: ProviderName, model: string): void {
    const models = this.#failing[kind].get(provider);
    if (models?.delete(model) !== true) return;
    if (kind === 'model-closed') models.clear();
    if (models.size === 0) this.#board.resolve(modelAlertId(kind, provider));
  }
}

function modelAlertId(kind: ModelFailure, provider: ProviderName): string {
  return `${kind}:${provider}`;
}

function emptyId(provider: ProviderName): string {
  return `provider-empty:${provider}`;
}
