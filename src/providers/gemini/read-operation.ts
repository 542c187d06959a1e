import { knownPhrases } from '../classification/phrases.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import type { AttemptFailure } from '../../domain/failure.ts';

/** How a video stands, by `GET /v1beta/<name>` of an operation or an interaction. */
export type VideoOperation =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly url: string }
  | { readonly kind: 'inline'; readonly bytes: Buffer }
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

/** The name of an interaction that was begun: `interactions/<id>`. */
export function interactionNameIn(body: Uint8Array): string | undefined {
  const parsed = parseJson(body);
  const id = parsed.ok ? fieldsOf(parsed.value)?.get('id') : undefined;
  return typeof id === 'string' && /^[\w-][\w.-]{0,199}$/.test(id) ? `interactions/${id}` : undefined;
}

/** Reads an interaction that runs in the background; its shapes are those of the types of `@google/genai` 3.3.0. */
export function readInteraction(body: Uint8Array): VideoOperation {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  const status = fields?.get('status');
  if (fields === undefined || typeof status !== 'string') {
    return { kind: 'malformed', why: parsed.ok ? 'no status of the interaction' : parsed.why };
  }
  if (!ended.has(status)) return { kind: 'running' };
  const steps = listOf(fields.get('steps')).map(fieldsOf);
  if (status !== 'completed') {
    const error = steps.map((step) => fieldsOf(step?.get('error'))).findLast((found) => found !== undefined);
    return { kind: 'failed', failure: failureOf(error ?? new Map(), `the interaction ended as ${status}`) };
  }
  const output = steps.filter((step) => step?.get('type') === 'model_output');
  const content = output.flatMap((step) => listOf(step?.get('content'))).map(fieldsOf);
  const video = content.findLast((block) => block?.get('type') === 'video');
  const [uri, data] = [video?.get('uri'), video?.get('data')];
  if (isUsableUrl(uri)) return { kind: 'done', url: uri };
  if (typeof data === 'string' && /^[\w+/-]+={0,2}$/.test(data)) {
    return { kind: 'inline', bytes: Buffer.from(data, 'base64') };
  }
  // A model that answers with words in place of a video says why it makes none.
  const detail = 'completed without a video';
  return content.some((block) => block?.get('type') === 'text')
    ? { kind: 'failed', failure: { blame: 'request', reason: 'refused', sureness: 'likely', detail } }
    : { kind: 'failed', failure: { blame: 'provider', reason: 'failed-run', detail } };
}

/** The states of an interaction that nothing follows without another request; any other is one under way. */
const ended: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'cancelled',
  'incomplete',
  'budget_exceeded',
  'requires_action',
  'requires_continuation',
]);

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isUsableUrl(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= maxUrlLength && /^https?:\/\//i.test(value) && URL.canParse(value)
  );
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
  if (isUsableUrl(url)) return { kind: 'done', url };
  if (made?.has('raiMediaFilteredReasons') === true || Number(made?.get('raiMediaFilteredCount') ?? 0) > 0) {
    const detail = 'the filter held back every video';
    return { kind: 'failed', failure: { blame: 'request', reason: 'refused', detail } };
  }
  return { kind: 'failed', failure: { blame: 'provider', reason: 'failed-run', detail: 'done without a video' } };
}

/** Codes of google.rpc.Code. */
const rpc = { invalidArgument: 3, deadlineExceeded: 4, resourceExhausted: 8, unavailable: 14 } as const;

/** A message may repeat the words of the person, which are not known here: it is judged and not passed on. */
function failureOf(error: ReadonlyMap<string, unknown>, what = 'the operation failed'): AttemptFailure {
  const code = Number(error.get('code'));
  const detail = `${what}, code ${Number.isSafeInteger(code) ? code : 'unknown'}`;
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
