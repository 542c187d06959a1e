import type { Candidate } from './candidate.ts';
import type { ImageSize } from './provider.ts';

/** What one model takes beside the words; a parameter that it does not know makes its run fail. */
export type ModelTraits = {
  /** Its own size in pixels, and the multiple that its sides have to be of; absent where it has only one shape. */
  readonly size?: ImageSize & { readonly step: number };
  readonly seed: boolean;
  readonly negative: boolean;
};

/** What is known of a candidate's model; of an unknown one, what its provider assumes. */
export type ModelLookup = (candidate: Candidate) => ModelTraits;

/** A model that follows nothing but the words. */
export const wordsOnly: ModelTraits = { seed: false, negative: false };
