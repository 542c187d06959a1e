import type { FailureCode } from './failure.ts';
import type { MediaFile } from './media.ts';

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly file: MediaFile; readonly model: string }
  | {
      readonly kind: 'failed';
      readonly code: Exclude<FailureCode, 'cancelled'>;
      /** When it is worth asking again, as far as that is known. Milliseconds since 1970. */
      readonly againAtMs?: number;
    }
  | { readonly kind: 'cancelled' };
