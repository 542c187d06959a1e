import type { AppEvent } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { AlertBoard } from './provider-alerts.ts';

type AttemptEnd = Extract<AppEvent, { event: 'attempt.failed' | 'attempt.succeeded' }>;

/**
 * Raises one alert for each provider that does not serve a model it was asked for; resolves it when every such model has
 * made something again. No key is at fault, so nothing else would tell.
 */
export class ModelAlerts {
  readonly #board: AlertBoard;
  readonly #unknown = new Map<ProviderName, Set<string>>();

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  ended(event: AttemptEnd, provider: ProviderName | undefined): void {
    if (provider === undefined) return;
    const { model } = event;
    if (event.event === 'attempt.succeeded') return this.#served(provider, model);
    const { reason, sureness = 'sure' } = event.failure;
    if (reason !== 'unknown-model' || sureness !== 'sure') return;
    const unknown = this.#unknown.get(provider) ?? new Set();
    this.#unknown.set(provider, unknown.add(model));
    this.#board.raise(alertId(provider), { kind: 'unknown-model', provider, model });
  }

  #served(provider: ProviderName, model: string): void {
    const unknown = this.#unknown.get(provider);
    if (unknown?.delete(model) === true && unknown.size === 0) this.#board.resolve(alertId(provider));
  }
}

function alertId(provider: ProviderName): string {
  return `unknown-model:${provider}`;
}
