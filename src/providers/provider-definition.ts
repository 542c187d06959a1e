import type { JobKind } from '../domain/job.ts';
import type { ModelTraits, Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { FailureTable } from './classification/classify.ts';
import type { HttpClient } from './http/http-exchange.ts';

/** What a model costs, in US dollars. */
export type ModelPrice = {
  readonly usd: number;
  readonly per: 'call' | 'image' | 'second' | 'million-input-tokens' | 'million-output-tokens';
};

/** One model of a provider, as far as it is known. */
export type ModelDefinition = {
  /** Its id as the provider spells it: what stands behind the colon in a chain. */
  readonly model: string;
  readonly kind: JobKind;
  readonly traits: ModelTraits;
  readonly price?: ModelPrice;
  /** How long a run usually takes. */
  readonly usualMs?: number;
  /** The first day (UTC, `2026-12-01`) on which the provider no longer serves it. */
  readonly endsOn?: string;
};

export type AdapterOptions = {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
};

/** What this version needs to ask a provider; the code that does it is loaded when there is a key for it. */
export type AdapterDefinition = {
  /** How the provider spells its failures. */
  readonly failures: FailureTable;
  readonly load: () => Promise<(options: AdapterOptions) => Provider>;
};

/**
 * Everything that the rest of the program knows of one provider: its names, its address, its models. Settings, keys,
 * chains and model options are read from here, so that a new provider is one definition and one adapter. It is data: a
 * definition imports nothing that is costly to load.
 */
export type ProviderDefinition = {
  readonly name: ProviderName;
  /** How its variables begin, in the order in which its keys are counted: `BYTEZ` for `BYTEZ_API_KEY`. */
  readonly prefixes: readonly [string, ...string[]];
  /** Further variables that hold one of its keys, by their whole names. */
  readonly aliases?: readonly string[];
  /** Where it is asked unless `<PREFIX>_BASE_URL` says otherwise. */
  readonly baseUrl: string;
  /** Hosts beside that of the base URL to which its key may be sent. */
  readonly hosts?: readonly string[];
  /** Concurrent calls that one of its keys may carry, unless `<PREFIX>_SEATS_PER_KEY` says otherwise. */
  readonly seatsPerKey: number;
  readonly models: readonly ModelDefinition[];
  /** What is assumed of a model that is not listed. */
  readonly otherModels: ModelTraits;
  /** Its part of the built-in chain of each kind: ids of its models, the first one first. */
  readonly chains: Readonly<Partial<Record<JobKind, readonly string[]>>>;
  /** Absent while this version cannot ask it: its keys are read, and wait for a later version. */
  readonly adapter?: AdapterDefinition;
};
