import { type Candidate, candidateName } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { ListedModel, ModelFacts, ModelLookup } from '../domain/provider.ts';
import { modelTraits, providerDefinitions } from './registry.ts';

/** One row of the operator's models table: what it says counts before what the provider's definition says. */
export type ModelRow = Candidate & { readonly kind?: JobKind; readonly facts: Partial<ModelFacts> };

/**
 * Everything that is known of models: the rows of the providers' definitions under those of the operator, which may be
 * replaced while the bot runs. A model without any row has the options that its provider assumes, and no price.
 */
export class ModelCatalog {
  #own: ReadonlyMap<string, Partial<ModelFacts>> = new Map();
  #rows: readonly ModelRow[] = [];
  readonly #traits: ModelLookup;
  /** When models end, as their providers' lists say; a row of the operator counts before that. */
  readonly #listedDates = new Map<string, string>();

  /** `traits` knows the models of the definitions, those of the operator's own servers included. */
  constructor(rows: readonly ModelRow[] = [], traits: ModelLookup = modelTraits) {
    this.#traits = traits;
    this.replace(rows);
  }

  /** What is known of a model now. */
  readonly find: ModelLookup = (candidate) => {
    const builtIn = this.#traits(candidate);
    if (this.#own.size === 0 && this.#listedDates.size === 0) return builtIn;
    const name = candidateName(candidate);
    const [own, endsOn] = [this.#own.get(name), this.#listedDates.get(name)];
    if (own === undefined && endsOn === undefined) return builtIn;
    return { ...builtIn, ...(endsOn === undefined ? {} : { endsOn }), ...own };
  };

  /** These are the operator's rows from now on. */
  replace(rows: readonly ModelRow[]): void {
    this.#rows = rows;
    this.#own = new Map(rows.map((row) => [candidateName(row), row.facts]));
  }

  /** The provider's own list says when its models end. */
  noteListed(provider: ProviderName, models: readonly ListedModel[]): void {
    for (const { model, endsOn } of models) {
      if (endsOn !== undefined) this.#listedDates.set(candidateName({ provider, model }), endsOn);
    }
  }

  /** Every model with a row, the operator's first. */
  get candidates(): readonly Candidate[] {
    const builtIn = providerDefinitions.flatMap(({ name, models }) =>
      models.map(({ model }) => ({ provider: name, model })),
    );
    const all = [...this.#rows.map(({ provider, model }) => ({ provider, model })), ...builtIn];
    return [...new Map(all.map((candidate) => [candidateName(candidate), candidate])).values()];
  }
}
