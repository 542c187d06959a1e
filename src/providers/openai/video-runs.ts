import { kindTraits } from '../../domain/kinds.ts';
import type { AttemptFailure } from '../../domain/failure.ts';
import type {
  AsynchronousProvider,
  GenerationRequest,
  Operation,
  SecretValue,
  StatusReply,
  Usage,
} from '../../domain/provider.ts';
import { complaintOf, readComplaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpCall, parseJson } from '../http/http-exchange.ts';
import {
  type HttpAnswer,
  isSuccess,
  type KeyedClient,
  malformed,
  noPersonsText,
  withoutKeyInAddress,
} from '../keyed-client.ts';
import { fieldOf, type VideoRoute } from './dialect.ts';
import { dataUri, type InputFile, readInputFiles } from '../input-files.ts';
import { sizeFields } from '../picture-size.ts';

export type VideoRunsOptions = {
  readonly client: KeyedClient;
  readonly videos: VideoRoute;
  /** The address of a path of the server. */
  readonly addressOf: (path: `/${string}`) => string;
};

const limitBytes = 1_000_000;
/** Of a picture that is sent along, as a data URI. */
const maxInputBytes = 20_000_000;

/** A run that is done, and where its file is. */
type Done = { readonly source: string; readonly usage: { readonly usage?: Usage } };
const pollMs = 5_000;

/** The runs of videos, which are submitted, asked about until they are done, and fetched from the address that they name. */
export function createVideoRuns({
  client,
  videos,
  addressOf,
}: VideoRunsOptions): Pick<AsynchronousProvider, 'start' | 'status'> {
  const call = (path: `/${string}`, signal: AbortSignal, body?: string): HttpCall => ({
    method: body === undefined ? 'GET' : 'POST',
    url: addressOf(path),
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
    signal,
    bodyLimitBytes: limitBytes,
  });

  return {
    start: async (request, secret, signal) => {
      const inputs = videos.picture === undefined ? [] : request.inputs.slice(0, 1);
      const read = await readInputFiles(inputs, maxInputBytes, signal);
      if (!read.ok) return read;
      const body = JSON.stringify(videoFields(request, videos, read.files));
      const reply = await client.call(call(videos.path, signal, body), secret, request);
      if (!reply.ok) return reply;
      const id = fieldOf(bodyOf(reply.answer), videos.id);
      const isUsable = typeof id === 'string' && idForm.test(id) && !holdsKey(id, secret);
      return isUsable
        ? { ok: true, operation: { id }, askAgainInMs: pollMs }
        : malformed(reply.answer, 'no usable id of the run');
    },

    status: async (operation, secret, signal): Promise<StatusReply> => {
      const sent = await client.send(call(`${videos.statusPath}/${idOf(operation)}`, signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      if (answer.status === 202) return { kind: 'running', askAgainInMs: pollMs };
      if (answer.status === 404) return ended('failed-run', 'the server does not know the run any more');
      if (!isSuccess(answer)) {
        return { kind: 'unclear', failure: spokenFailure(answer, secret) };
      }
      const stands = standing(answer, secret, idOf(operation));
      return 'source' in stands ? fetched(stands, secret, signal) : stands;
    },
  };

  /** The file of a run that is done, which its key alone may fetch; it may lie elsewhere, where the key is of no use. */
  async function fetched({ source, usage }: Done, secret: SecretValue, signal: AbortSignal): Promise<StatusReply> {
    const headers = { accept: 'video/mp4, */*' };
    const get = { method: 'GET', url: source, headers, signal, bodyLimitBytes: kindTraits.video.maxBytes } as const;
    const sent = await client.send(get, secret);
    if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
    const { answer } = sent;
    const { location } = answer.headers;
    if (answer.status >= 300 && answer.status < 400 && typeof location === 'string' && URL.canParse(location, source)) {
      const elsewhere = withoutKeyInAddress({ kind: 'url', url: new URL(location, source).href }, secret);
      return { kind: 'ended', reply: elsewhere.ok ? { ...elsewhere, ...usage } : elsewhere };
    }
    if (isSuccess(answer) && answer.body.byteLength > 0) {
      return { kind: 'ended', reply: { ok: true, source: { kind: 'bytes', bytes: answer.body }, ...usage } };
    }
    if (answer.status === 404 || answer.status === 410) return ended('failed-run', 'the video is not there any more');
    return isSuccess(answer)
      ? { kind: 'unclear', failure: malformed(answer, 'an empty video').failure }
      : { kind: 'unclear', failure: spokenFailure(answer, secret) };
  }

  /** Only codes are judged: the words of the request, which an answer may repeat, are not known here. */
  function spokenFailure(answer: HttpAnswer, secret: SecretValue): AttemptFailure {
    const complaint = readComplaint(answer.status, answer.body);
    const spoken = { ...complaint, words: complaint.codes.join(': ') };
    return client.failed(answer, spoken, secret, noPersonsText).failure;
  }

  function standing(answer: HttpAnswer, secret: SecretValue, id: string): StatusReply | Done {
    const body = bodyOf(answer);
    const status = fieldOf(body, 'status');
    if (typeof status !== 'string') return { kind: 'unclear', failure: malformed(answer, 'no status').failure };
    if (videos.failed.includes(status)) return failedRun(answer, body, secret);
    if (status !== videos.done) return { kind: 'running', askAgainInMs: pollMs };
    if ('content' in videos.result) {
      const cost = numberIn(fieldOf(body, 'usage'), 'cost');
      const path = `${videos.statusPath}/${id}${videos.result.content}` as const;
      return { source: addressOf(path), usage: cost === undefined ? {} : { usage: { cost } } };
    }
    const [group, field] = videos.result.url;
    const made = fieldOf(body, group);
    if (videos.heldBack !== undefined && fieldOf(made, videos.heldBack.field) === videos.heldBack.is) {
      return ended('refused', 'the video was held back');
    }
    const url = fieldOf(made, field);
    if (typeof url !== 'string' || !/^https?:\/\/\S{1,4000}$/i.test(url) || !URL.canParse(url)) {
      return ended('failed-run', 'done without a video');
    }
    const checked = withoutKeyInAddress({ kind: 'url', url }, secret);
    if (!checked.ok) return { kind: 'ended', reply: checked };
    const [cost, seconds] = [numberIn(made, 'cost'), numberIn(made, 'duration')];
    const usage = { ...(cost === undefined ? {} : { cost }), ...(seconds === undefined ? {} : { seconds }) };
    return { kind: 'ended', reply: { ...checked, ...(Object.keys(usage).length === 0 ? {} : { usage }) } };
  }

  /** The words decide whom the failure blames; they are not told, since they may repeat those of the request. */
  function failedRun(answer: HttpAnswer, body: unknown, secret: SecretValue): StatusReply {
    const complaint = complaintOf(answer.status, Object.fromEntries([['error', fieldOf(body, 'error')]]));
    const { failure } = client.failed(answer, complaint, secret, noPersonsText);
    if (failure.reason === 'unrecognized') return ended('failed-run', 'the run failed');
    return {
      kind: 'ended',
      reply: { ok: false, failure: { ...failure, detail: `the run failed: ${failure.reason}` } },
    };
  }
}

function videoFields(
  { model, prompt, size }: GenerationRequest,
  { size: form, fields, picture }: VideoRoute,
  [first]: readonly InputFile[],
): object {
  const beginning = picture === undefined || first === undefined ? {} : { [picture]: { url: dataUri(first) } };
  return { model, prompt: prompt.toWellFormed(), ...sizeFields(size, form), ...fields, ...beginning };
}

const idForm = /^[\w-]{1,100}$/;

function idOf({ id }: Operation): string {
  if (typeof id !== 'string' || !idForm.test(id)) throw new Error('Cannot follow the run: it has no id');
  return id;
}

/** An operation is stored, and no key is ever stored with one. */
function holdsKey(id: string, secret: SecretValue): boolean {
  const key = secret.reveal();
  return key !== '' && id.includes(key);
}

function bodyOf({ body }: HttpAnswer): unknown {
  const parsed = parseJson(body);
  return parsed.ok ? Object.fromEntries(fieldsOf(parsed.value) ?? []) : undefined;
}

function numberIn(value: unknown, field: string): number | undefined {
  const found = fieldOf(value, field);
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : undefined;
}

function ended(reason: 'failed-run' | 'refused', detail: string): StatusReply {
  const failure: AttemptFailure =
    reason === 'refused' ? { blame: 'request', reason, detail } : { blame: 'provider', reason, detail };
  return { kind: 'ended', reply: { ok: false, failure } };
}
