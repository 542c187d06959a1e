import { candidateName } from '../../domain/job.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { AlertBoard } from './provider-alerts.ts';

type EventOf<Name extends AppEvent['event']> = Extract<AppEvent, { event: Name }>;

type ModelFailure = 'unknown-model' | 'model-closed';

/**
 * Raises one alert for each provider that does not serve a model it was asked for, and one for each that refuses whatever
 * is asked of a model. The first is over when every such model has made something again; the second when one of them has,
 * because it is the account that is closed. A provider that serves none of its models has an alert of its own in their
 * place: the same state is told once. No key is at fault, so nothing else would tell.
 */
export class ModelAlerts {
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
