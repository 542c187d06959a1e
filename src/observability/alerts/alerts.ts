import type { RaisedAlert } from '../../domain/admin-api.ts';
import type { AlertFacts } from '../../domain/alert.ts';
import type { AppEvent, Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type BucketFailure, bucketFailures } from '../../domain/media.ts';
import type { PoolView } from '../../domain/views.ts';
import type { Clock } from '../../kit/clock.ts';
import { AlertBoard, CallAlerts, KeyAlerts } from './provider-alerts.ts';
import { TelegramRateLimits, UnauthorizedAttempts } from './telegram-alerts.ts';
import { candidateName } from '../../domain/job.ts';

/** Shorter waits between two tries of a delivery are normal. */
const longPostponedMs = 60_000;
const notArrivingId = 'results-not-arriving';
const contestedId = 'updates-contested';

type AlertsOptions = {
  readonly pool: () => PoolView;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'schedule'>;
  /** Called with `alert.raised` and `alert.resolved`, which the listener itself ignores. */
  readonly emit: Emit;
};

type Handlers = { readonly [Name in AppEvent['event']]?: (event: EventOf<Name>) => void };

type Alerts = Disposable & {
  /** The events that `onEvent` makes something of. */
  readonly names: readonly AppEvent['event'][];
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
  const telegram = new TelegramRateLimits(board, clock);
  const unauthorized = new UnauthorizedAttempts(board);
  const handlers: Handlers = {
    'attempt.failed': (event) => {
      keys.failed(event.keyId, event.keyName, event.failure);
      calls.ended(event, clock.monotonicMs());
    },
    'attempt.succeeded': (event) => {
      keys.succeeded(event.keyId);
      addresses.served(providerOf(event.keyId));
      calls.ended(event, clock.monotonicMs());
      models.served(providerOf(event.keyId), event.model);
    },
    'model.gone': (event) => models.gone(event),
    'provider.empty': ({ provider }) => models.empty(provider),
    'provider.filled': ({ provider }) => models.filled(provider),
    'model.ends': (event) => models.ends(event),
    'model.closed': ({ provider, model }) => models.closed(provider, model),
    'key.not-in-plan': (event) => models.notInPlan(event),
    'key.ends': ({ keyId, keyName, provider, endsOn }) =>
      board.raise(keyEndsId(keyId), { kind: 'key-ends', provider, keyName, endsOn }),
    'key.stays': ({ keyId }) => board.resolve(keyEndsId(keyId)),
    'key.changed': (event) => keys.changed(event),
    'keys.cleared': ({ keyNames }) => keys.cleared(keyNames),
    'keys.reloaded': ({ removed }) => keys.cleared(removed),
    'app.started': () => keys.countReady(),
    'keys.tested': () => keys.countReady(),
    'address.wrong': ({ provider }) => addresses.wrong(provider),
    'address.right': ({ provider }) => addresses.right(provider),
    'breaker.opened': ({ provider }) => board.raise(downAlertId(provider), { kind: 'provider-silent', provider }),
    'breaker.closed': ({ provider }) => board.resolve(downAlertId(provider)),
    'budget.near': (event) => budgetUsed(board, event, false),
    'budget.spent': (event) => budgetUsed(board, event, true),
    'budget.renewed': ({ of }) => {
      for (const isSpent of [false, true]) board.resolve(budgetAlertId(of, isSpent));
    },
    'storage.unavailable': ({ what, onServer }) =>
      board.raise(storageAlertId(what), {
        kind: 'storage-unavailable',
        what,
        ...(onServer === undefined ? {} : { onServer }),
      }),
    'storage.recovered': ({ what }) => board.resolve(storageAlertId(what)),
    'bucket.failing': ({ why }) => {
      resolveBucketAlerts(board, why);
      board.raise(bucketAlertId(why), { kind: 'bucket-failing', why });
    },
    'bucket.recovered': () => resolveBucketAlerts(board),
    'telegram.conflict': ({ by }) => board.raise(contestedId, { kind: 'updates-contested', by }),
    'telegram.conflict-over': () => board.resolve(contestedId),
    'telegram.error': ({ retryInMs = 0 }) => telegram.paused(retryInMs),
    'admin.refused': ({ userId }) => unauthorized.attempted(userId, clock.monotonicMs()),
    'payment.found': (event) => paymentAlert(board, 'found', event),
    'payment.unclear': (event) => paymentAlert(board, 'unclear', event),
    'payment.refunded': (event) => {
      if (event.by === 'telegram') paymentAlert(board, 'refunded', event);
    },
    'job.delivered': () => board.resolve(notArrivingId),
    'job.undeliverable': ({ held, jobId }) => {
      if (held === 'unsure') board.raise(notArrivingId, { kind: 'results-not-arriving', jobId });
    },
    'job.delivery-postponed': ({ inMs, jobId }) => {
      if (inMs >= longPostponedMs) board.raise(notArrivingId, { kind: 'results-not-arriving', jobId });
    },
    'job.dead-lettered': ({ jobId, processes }) =>
      board.raise(`job-dead-lettered:${jobId}`, { kind: 'job-dead-lettered', jobId, processes }),
  };
  return {
    names: Object.keys(handlers) as (keyof Handlers)[],
    onEvent: (event) => {
      const handle = handlers[event.event] as Emit | undefined;
      try {
        handle?.(event);
      } catch (error) {
        emit({ event: 'app.error', what: `derive alerts from ${event.event}`, error });
      }
    },
    raised: () => board.raised(),
    [Symbol.dispose]: () => telegram[Symbol.dispose](),
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

function keyEndsId(id: KeyId): string {
  return `key-ends:${id}`;
}

function storageAlertId(what: Stored): string {
  return `storage-unavailable:${what}`;
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

function budgetUsed(
  board: AlertBoard,
  { of, usd, limit }: EventOf<'budget.near' | 'budget.spent'>,
  isSpent: boolean,
): void {
  board.resolve(budgetAlertId(of, !isSpent));
  board.raise(budgetAlertId(of, isSpent), { kind: 'budget', of, usd, limit, isSpent });
}

function downAlertId(provider: ProviderName): string {
  return `provider-silent:${provider}`;
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

type OnePayment = { readonly paymentId: number; readonly userId: number; readonly stars: number };

/** A single event of one payment, which is never over. */
function paymentAlert(board: AlertBoard, what: 'found' | 'unclear' | 'refunded', event: OnePayment): void {
  const { paymentId, userId, stars } = event;
  board.raise(`star-payment:${paymentId}:${what}`, { kind: 'star-payment', what, paymentId, userId, stars });
}
