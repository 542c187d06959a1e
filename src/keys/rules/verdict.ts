import type { AttemptFailure } from '../../domain/failure.ts';
import type { KeyVerdict } from '../../domain/key-state.ts';

/** What a failed attempt says about the key it was made with, all by itself (docs/behaviour.md, "When something goes wrong"). */
export function verdictFor(failure: AttemptFailure): KeyVerdict {
  switch (failure.reason) {
    case 'rejected':
      return { kind: 'bench', reason: failure.reason };
    case 'out-of-credit':
      return {
        kind: 'bench',
        reason: failure.reason,
        ...(failure.retryAfterMs === undefined ? {} : { forMs: failure.retryAfterMs }),
      };
    case 'rate-limited':
      return {
        kind: 'cool',
        reason: 'rate-limited',
        ...(failure.retryAfterMs === undefined ? {} : { forMs: failure.retryAfterMs }),
      };
    case 'concurrency':
    case 'timed-out':
      return { kind: 'cool', reason: failure.reason };
    case 'not-entitled':
    case 'unknown-model':
    case 'overloaded':
    case 'unreachable':
    case 'malformed':
    case 'blocks-this-machine':
    case 'failed-run':
    case 'unrecognized':
    case 'result-unavailable':
    case 'result-forbidden':
    case 'result-unusable':
    case 'result-too-large':
    case 'bad-request':
    case 'refused':
      return { kind: 'nothing' };
  }
}
