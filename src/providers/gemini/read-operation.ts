import { knownPhrases } from '../classification/phrases.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import type { AttemptFailure } from '../../domain/failure.ts';

/** How a video stands, by `GET /v1beta/<name>`. */
export type VideoOperation =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly url: string }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure }
  | { readonly kind: 'malformed'; readonly why: string };

const maxUrlLength = 4_096;

/** The name of an operation is a path below the version: `models/…/operations/…`. */
export function isOperationName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 300 && /^(?:[\w-][\w.-]*\/){0,6}[\w-][\w.-]*$/.test(value);
}

/** The name in the answer to a submission. */
export function operationNameIn(body: Uint8Array): string | undefined {
  const parsed = parseJson(body);
  const name = parsed.ok ? fieldsOf(parsed.value)?.get('name') : undefined;
  return isOperationName(name) ? name : undefined;
}

export function readOperation(body: Uint8Array): VideoOperation {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  if (fields.get('done') !== true) {
    return isOperationName(fields.get('name')) ? { kind: 'running' } : { kind: 'malformed', why: 'no operation' };
  }
  const error = fieldsOf(fields.get('error'));
  if (error !== undefined) return { kind: 'failed', failure: failureOf(error) };
  const made = fieldsOf(fieldsOf(fields.get('response'))?.get('generateVideoResponse'));
  const samples = made?.get('generatedSamples');
  const url = fieldsOf(fieldsOf(Array.isArray(samples) ? samples[0] : undefined)?.get('video'))?.get('uri');
  if (typeof url === 'string' && url.length <= maxUrlLength && /^https?:\/\//i.test(url) && URL.canParse(url)) {
    return { kind: 'done', url };
  }
  if (made?.has('raiMediaFilteredReasons') === true || Number(made?.get('raiMediaFilteredCount') ?? 0) > 0) {
    const detail = 'the filter held back every video';
    return { kind: 'failed', failure: { blame: 'request', reason: 'refused', detail } };
  }
  return { kind: 'failed', failure: { blame: 'provider', reason: 'failed-run', detail: 'done without a video' } };
}

/** Codes of google.rpc.Code. */
const rpc = { invalidArgument: 3, deadlineExceeded: 4, resourceExhausted: 8, unavailable: 14 } as const;

/** A message may repeat the words of the person, which are not known here: it is judged and not passed on. */
function failureOf(error: ReadonlyMap<string, unknown>): AttemptFailure {
  const code = Number(error.get('code'));
  const detail = `the operation failed with code ${Number.isSafeInteger(code) ? code : 'unknown'}`;
  const message = error.get('message');
  if (code === rpc.invalidArgument) {
    const isRefusal = typeof message === 'string' && knownPhrases.refused.says.test(message);
    return { blame: 'request', reason: isRefusal ? 'refused' : 'bad-request', sureness: 'likely', detail };
  }
  if (code === rpc.resourceExhausted || code === rpc.unavailable) {
    return { blame: 'provider', reason: 'overloaded', detail };
  }
  if (code === rpc.deadlineExceeded) return { blame: 'provider', reason: 'timed-out', detail };
  return { blame: 'provider', reason: 'failed-run', detail };
}
