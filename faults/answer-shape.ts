import { type JobKind, traitsOf } from '../src/domain/kinds.ts';
import { type AttemptFailure, type FailureReason, failureTraits } from '../src/domain/failure.ts';
import type { Downloaded } from '../src/domain/media.ts';
import type { ProviderReply } from '../src/domain/provider.ts';

const blameOf = {
  rejected: 'key',
  'not-entitled': 'key',
  'out-of-credit': 'key',
  concurrency: 'key',
  'rate-limited': 'key',
  'unknown-model': 'model',
  'timed-out': 'provider',
  overloaded: 'provider',
  unreachable: 'provider',
  malformed: 'provider',
  'blocks-this-machine': 'provider',
  'failed-run': 'provider',
  unrecognized: 'provider',
  'result-unavailable': 'provider',
  'result-forbidden': 'provider',
  'result-unusable': 'provider',
  'result-too-large': 'provider',
  'bad-request': 'request',
  refused: 'request',
} as const satisfies Record<FailureReason, AttemptFailure['blame']>;

const maxDetailLength = 200;
const [minWaitMs, maxWaitMs] = [1_000, 86_400_000];

/** Why this is not a valid reply; undefined when it is. */
export function unknownReplyShape(reply: ProviderReply): string | undefined {
  if (!reply.ok) return unknownFailureShape(reply.failure);
  const { source } = reply;
  if (source.kind === 'bytes') return source.bytes instanceof Uint8Array ? undefined : 'bytes of a wrong type';
  if (source.kind === 'text') return source.text.trim() === '' ? 'text without words' : undefined;
  if (source.kind !== 'url') return 'neither an address, bytes nor text';
  return /^https?:\/\/\S{1,8189}$/i.test(source.url) && URL.canParse(source.url) ? undefined : 'not an address';
}

/** Why this is not a valid download; undefined when it is. */
export function unknownDownloadShape(kept: Downloaded, kind: JobKind): string | undefined {
  if (!kept.ok)
    return typeof kept.retryable === 'boolean' ? unknownFailureShape(kept.failure) : 'again is neither true nor false';
  const { file } = kept;
  const { accepts, alsoAccepts } = traitsOf(kind);
  const isAccepted = accepts.includes(file.kind) || alsoAccepts.includes(file.mime);
  return isAccepted && file.mime.startsWith(`${file.kind}/`) && file.bytes > 0 ? undefined : 'not what was asked for';
}

function unknownFailureShape(failure: AttemptFailure): string | undefined {
  const { blame, reason, detail, sureness } = failure;
  if (!Object.hasOwn(failureTraits, reason) || blameOf[reason] !== blame) return `${blame} is blamed for "${reason}"`;
  if (typeof detail !== 'string' || detail.length > maxDetailLength) return 'a detail that is too long';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(detail) || !detail.isWellFormed()) return 'a detail that is not one line of text';
  if (sureness !== undefined && !['sure', 'likely', 'guess'].includes(sureness)) return `sure as "${sureness}"`;
  const waitMs = 'retryAfterMs' in failure ? failure.retryAfterMs : undefined;
  return waitMs === undefined || (waitMs >= minWaitMs && waitMs <= maxWaitMs) ? undefined : `a wait of ${waitMs} ms`;
}
