import { AlertBoard, CallWatch, KeyWatch } from './provider-alerts.ts';
import type { RaisedAlert } from '../../domain/admin-api.ts';
import type { AlertFacts } from '../../domain/alert.ts';
import type { AppEvent, Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { PoolView } from '../../domain/views.ts';
import type { Clock } from '../../kit/clock.ts';

const apartMs = 3_600_000;

/** Notices when somebody tries an admin's door; says so once an hour, however many try and however often. */
export class UnauthorizedAttempts {
  readonly #board: AlertBoard;
  #saidMonotonicMs = -Infinity;
  #times = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  asked(userId: number, monotonicMs: number): void {
    if (monotonicMs - this.#saidMonotonicMs < apartMs) return;
    this.#saidMonotonicMs = monotonicMs;
    this.#times += 1;
    // Nothing ends it: the next one is another one.
    this.#board.raise(`unauthorized-admin-attempt:${this.#times}`, { kind: 'unauthorized-admin-attempt', userId });
  }
}

/** Telegram asks for some seconds now and then; this long is the price of having written too much. */
const longRestMs = 600_000;
const alertId = 'telegram-rate-limited';

/** Notices when Telegram asks for a long silence, and when the last of it is over. */
export class TelegramRateLimits {
  readonly #board: AlertBoard;
  #untilMs = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  rests(forMs: number, nowMs: number): void {
    if (forMs < longRestMs) return;
    this.#untilMs = Math.max(this.#untilMs, nowMs + forMs);
    this.#board.raise(alertId, { kind: 'telegram-rate-limited', forMs });
  }

  /** Time goes on. */
  passed(nowMs: number): void {
    if (nowMs >= this.#untilMs) this.#board.resolve(alertId);
  }
}

export type AlertsOptions = {
  readonly pool: () => PoolView;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** Hears `alert.raised` and `alert.resolved`; the listener itself passes over these. */
  readonly emit: Emit;
};

export type Alerts = {
  /** The listener; it never throws. */
  readonly hear: Emit;
  /** What is wrong right now, in the order in which it began. */
  raised(): readonly RaisedAlert[];
};

/** Turns events into alerts: each is raised once and resolved once. */
export function createAlerts({ pool, clock, emit }: AlertsOptions): Alerts {
  const board = new AlertBoard(emit, () => clock.now());
  const providerOf = providers(pool);
  const keys = new KeyWatch(board, pool, providerOf);
  const calls = new CallWatch(board, providerOf);
  const telegram = new TelegramRateLimits(board);
  const strangers = new UnauthorizedAttempts(board);
  const hear = (event: AppEvent): void => {
    const name = event.event;
    telegram.passed(clock.monotonicMs());
    if (name === 'attempt.failed' || name === 'attempt.succeeded') {
      if (name === 'attempt.failed') keys.failed(event.keyId, event.keyName, event.failure);
      else keys.succeeded(event.keyId);
      calls.ended(event, clock.monotonicMs());
    } else if (name === 'key.changed') keys.changed(event);
    else if (name === 'keys.cleared') keys.cleared(event.keyNames);
    else if (name === 'keys.reloaded') keys.cleared(event.removed);
    else if (name === 'app.started' || name === 'keys.tested') keys.countReady();
    else if (name === 'breaker.opened') board.raise(silentId(event.provider), silence(event.provider));
    else if (name === 'breaker.closed') board.resolve(silentId(event.provider));
    else if (name === 'telegram.error') telegram.rests(event.retryInMs ?? 0, clock.monotonicMs());
    else if (name === 'admin.refused') strangers.asked(event.userId, clock.monotonicMs());
    else if (name === 'job.dead-lettered') {
      const { jobId, processes } = event;
      board.raise(`job-dead-lettered:${jobId}`, { kind: 'job-dead-lettered', jobId, processes });
    }
  };
  return {
    hear: (event) => {
      try {
        hear(event);
      } catch (error) {
        emit({ event: 'app.error', what: `watch for alerts after ${event.event}`, error });
      }
    },
    raised: () => board.raised(),
  };
}

/** Whose a key is; asks the pool only about keys that it did not know yet. */
function providers(pool: () => PoolView): (id: KeyId) => ProviderName | undefined {
  const known = new Map<KeyId, ProviderName>();
  return (id) => {
    if (!known.has(id)) for (const key of pool().keys) known.set(key.id, key.provider);
    return known.get(id);
  };
}

function silentId(provider: ProviderName): string {
  return `provider-silent:${provider}`;
}

function silence(provider: ProviderName): AlertFacts {
  return { kind: 'provider-silent', provider };
}
