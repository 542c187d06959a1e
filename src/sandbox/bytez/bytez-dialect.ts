import type { JsonContentType } from './answer.ts';

/** What is not known for certain of the real service, as switches. */
export type BytezDialect = {
  readonly jsonContentType: JsonContentType;
  /** `ratelimit-*` and `inference-*` on the answers of runs. */
  readonly meterHeaders: boolean;
  /** Whether `Authorization: Bearer` is accepted outside the OpenAI-compatible routes. */
  readonly bearerOnNative: boolean;
  /** `list/models` without `modelId` answers 500. */
  readonly listNeedsModelId: boolean;
};

export const usualDialect: BytezDialect = {
  jsonContentType: 'application/json; charset=utf-8',
  meterHeaders: false,
  bearerOnNative: true,
  listNeedsModelId: false,
};
