import type { Candidate } from '../job.ts';
import type { ProviderName } from '../ids.ts';
import type { JobKind } from '../kinds.ts';
import type { RelayRoute } from '../provider.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientCalls } from './client-call.ts';

/** A client with its number (see `ClientNumbers`). */
export type KnownClient = ApiClient & { readonly number: number };

/** Everything that the gateway asks of the rest of the app. */
export type GatewayAccess = {
  readonly calls: ClientCalls;
  /** The digests of all valid tokens. */
  readonly digests: () => readonly Buffer[];
  /** The client whose token has this digest. */
  readonly withDigest: (digest: Buffer) => KnownClient | undefined;
  readonly clients: () => readonly KnownClient[];
  /**
   * The candidates that a request of the kind means by this name of a model: the whole chain without one or by `auto`, one
   * by `provider:model`, those of every provider by the name alone; none for an unknown one.
   */
  readonly candidates: (kind: JobKind, model: string | undefined) => readonly Candidate[];
  /** The models of the kind that can be asked for, those of the chain first. */
  readonly models: (kind: JobKind) => readonly Candidate[];
  /** The routes on which the provider is sent requests unchanged. */
  readonly relays: (provider: ProviderName) => ReadonlySet<RelayRoute>;
  /** Whether the model makes pictures of a size of its own choice only. */
  readonly hasSizes: (candidate: Candidate) => boolean;
  /** The format in which the provider speaks whatever is asked, where it is known and cannot be chosen. */
  readonly speaksIn: (provider: ProviderName) => 'mp3' | 'wav' | undefined;
  /**
   * Fetches a picture that a request only names, behind the guard of addresses; `why` completes "Cannot fetch picture 1:".
   * Rejects with the signal's reason.
   */
  readonly fetchPicture: (
    url: string,
    signal: AbortSignal,
  ) => Promise<
    | { readonly ok: true; readonly bytes: Uint8Array; readonly mime: string }
    | { readonly ok: false; readonly why: string }
  >;
  /** Where the client of this name is told how its calls end. */
  readonly webhookOf: (client: string) => string | undefined;
  /** For how long the client may spend nothing more; 0 while it may. */
  readonly budgetWaitMs: (client: KnownClient) => number;
};
