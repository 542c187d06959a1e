import type { JobKind } from '../domain/kinds.ts';
import type { ModelPrice, ModelTraits, Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { FailureTable } from './classification/classify.ts';
import type { HttpClient } from './http/http-exchange.ts';

/** Whether the model makes results of this kind. */
export function makes({ kind, edits }: ModelDefinition, wanted: JobKind): boolean {
  return kind === wanted || (wanted === 'edit' && edits === true);
}

/** One known model of a provider. */
export type ModelDefinition = {
  /** The provider's id of the model: the part after the colon in a chain. */
  readonly model: string;
  readonly kind: JobKind;
  /** It also changes pictures that are sent along. */
  readonly edits?: true;
  readonly traits: ModelTraits;
  /** Its name as people know it, where the id without its owner does not tell. */
  readonly label?: string;
  /** One price, or one for what is read and one for what is written. */
  readonly price?: ModelPrice | readonly ModelPrice[];
  /** The usual duration of a run. */
  readonly usualMs?: number;
  /** The first day (UTC, `2026-12-01`) on which the provider no longer serves it. */
  readonly endsOn?: string;
};

/** A setting without which a provider cannot be asked: one that goes with its keys and is none itself. */
export type RequiredSetting = {
  readonly fits: RegExp;
  /** What it is and how it looks, after "must be". */
  readonly is: string;
  readonly meaning: string;
  /** One that fits and belongs to nobody. */
  readonly example: string;
};

/** Addresses beside the base URL, by the ending of their variable: `QUEUE_BASE_URL` for `FAL_QUEUE_BASE_URL`. */
export type FurtherUrls = { readonly QUEUE_BASE_URL?: string };

export type AdapterOptions = {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** The settings that the definition `requires`, under the ends of their names. */
  readonly required?: Readonly<Record<string, string>>;
  /** The further addresses of the provider by the ending of their variable. */
  readonly furtherUrls?: FurtherUrls;
  readonly http: HttpClient;
  readonly clock: Clock;
};

/** The adapter of a provider; its code is loaded when there is a key for the provider. */
export type AdapterDefinition = {
  /** The table that classifies the provider's failures. */
  readonly failures: FailureTable;
  readonly load: () => Promise<(options: AdapterOptions) => Provider>;
};

/** A definition as the operator's files make it, or what is wrong with them. */
export type DefinitionWithFiles =
  | { readonly ok: true; readonly definition: ProviderDefinition }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/**
 * The definition of one provider: names, URL, models. Settings, keys, chains and model options come from here, so that a
 * new provider needs one definition and one adapter. It is data and imports no code that is slow to load.
 */
export type ProviderDefinition = {
  readonly name: ProviderName;
  /** The prefixes of its environment variables, in the order of its keys: `BYTEZ` for `BYTEZ_API_KEY`. */
  readonly prefixes: readonly [string, ...string[]];
  /** Further names for its keys, in the same forms as `<PREFIX>_API_KEY`: `HF_TOKEN`, `HF_TOKEN_2`, `HF_TOKENS`. */
  readonly aliases?: readonly string[];
  /** Full names of variables that hold the two halves of one key, which a colon joins. */
  readonly keyPairs?: readonly { readonly id: string; readonly secret: string }[];
  /** The key with which the provider serves people who have no account. */
  readonly anonymousKey?: string;
  /** The default of `<PREFIX>_BASE_URL`; empty for servers that are nowhere but at the operator's own address. */
  readonly baseUrl: string;
  /** How such an address looks. It may hold a user and a password, which the adapter sends in a header. */
  readonly exampleUrl?: string;
  /** With another base URL than the default and no key it is asked without one: the server is the operator's own. */
  readonly keyless?: 'with-base-url';
  /** Required settings by the ends of their names: `ACCOUNT_ID` is `<PREFIX>_ACCOUNT_ID`. */
  readonly requires?: Readonly<Record<string, RequiredSetting>>;
  /**
   * Reads the files that its required settings name, once at the start: what it then makes is up to them. Mistakes begin with
   * the name of the variable.
   */
  readonly withFiles?: (
    required: Readonly<Record<string, string>>,
    readText: (path: string) => string,
  ) => DefinitionWithFiles;
  readonly furtherUrls?: FurtherUrls;
  /** Further hosts to which its key may be sent; `*.example.com` is every host below that name. */
  readonly hosts?: readonly string[];
  /** The default of `<PREFIX>_SEATS_PER_KEY`: concurrent calls per key. */
  readonly seatsPerKey: number;
  readonly models: readonly ModelDefinition[];
  /** The form of its model ids, where it is another one than `org/model`. */
  readonly modelNames?: RegExp;
  /** The format of its speech, where that cannot be chosen. */
  readonly speaksIn?: 'mp3' | 'wav';
  /** The assumed traits of a model that is not listed. */
  readonly otherModels: ModelTraits;
  /** Its part of the built-in chain of each kind: model ids in order. */
  readonly chains: Readonly<Partial<Record<JobKind, readonly string[]>>>;
  /** Absent when this version cannot call the provider: its keys are read but not used. */
  readonly adapter?: AdapterDefinition;
};

/** What servers of one's own call their models: after files, too, and with a tag (`llama3.2:3b`, `hf.co/org/name:Q4_K_M`). */
export const serverModelNames: RegExp = /^[A-Za-z0-9][\w.:+-]{0,99}(?:\/[\w.:+-]{1,100}){0,4}$/;
