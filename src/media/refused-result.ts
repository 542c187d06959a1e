import type { AttemptFailure } from '../domain/failure.ts';

type ResultReason = Extract<AttemptFailure, { reason: `result-${string}` }>['reason'];

/** Ends the fetching of one result; never leaves the media room. */
export class RefusedResult extends Error {
  override readonly name = 'RefusedResult';
  readonly failure: AttemptFailure;
  /** A later fetch of the same address may succeed. */
  readonly again: boolean;

  constructor(reason: ResultReason, detail: string, again = false) {
    super(`Cannot keep the result: ${detail}`);
    this.failure = { blame: 'provider', reason, detail };
    this.again = again;
  }
}
