import type { AttemptFailure } from './failure.ts';
import type { JobKind } from './job.ts';
import type { MediaSource } from './media.ts';
import type { ProviderName } from './provider-name.ts';
import type { SecretValue } from './secret-value.ts';

/** In pixels. */
export type ImageSize = { readonly width: number; readonly height: number };

export type GenerationRequest = {
  readonly kind: JobKind;
  readonly model: string;
  readonly prompt: string;
  /** Only what the model is known to take; absent is the model's own choice. */
  readonly size?: ImageSize;
  readonly seed?: number;
  /** What should not be seen. */
  readonly negative?: string;
};

export type ProviderReply =
  | { readonly ok: true; readonly source: MediaSource }
  | { readonly ok: false; readonly failure: AttemptFailure };

export type ProbeReply = { readonly ok: true } | { readonly ok: false; readonly failure: AttemptFailure };

/**
 * One provider, spelt in our words. Answers every reply it understood, a passed deadline included
 * (`AbortSignal.timeout` reasons named TimeoutError become `timed-out`); throws only the signal's reason when it was
 * aborted for another cause, or on a bug.
 */
export type Provider = {
  readonly name: ProviderName;
  generate(request: GenerationRequest, secret: SecretValue, signal: AbortSignal): Promise<ProviderReply>;
  /** Asks whether the key is accepted, without spending anything. */
  probe(secret: SecretValue, signal: AbortSignal): Promise<ProbeReply>;
};
