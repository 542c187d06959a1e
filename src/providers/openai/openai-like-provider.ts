import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type {
  AsynchronousProvider,
  BalanceReply,
  GenerationRequest,
  ProviderReply,
  RelayRoute,
  SynchronousProvider,
} from '../../domain/provider.ts';
import { relayRoutes } from '../../domain/provider.ts';
import { streamChat } from '../chat-stream.ts';
import { readComplaint, type Complaint } from '../classification/error-body.ts';
import { type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import {
  createKeyedClient,
  type Failed,
  type HttpAnswer,
  type KeyedClient,
  isSuccess,
  malformed,
  noPersonsText,
  withoutKeyInAddress,
  isRelayed,
  versioned,
} from '../keyed-client.ts';
import { readInputFiles } from '../input-files.ts';
import { listModels } from '../model-list.ts';
import { relay } from '../relay.ts';
import type { Dialect, VideoRoute } from './dialect.ts';
import { chatFormat } from './chat-format.ts';
import { readImages, readObject, type Unusable, usageOf, wrongField } from './read-answer.ts';
import { askedFor } from './request-bodies.ts';
import { createVideoRuns } from './video-runs.ts';

export type OpenAiLikeOptions = {
  readonly name: ProviderName;
  readonly dialect: Dialect;
  /** With or without its version path; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

/** Of all pictures that are sent along; the longest form makes a third more of them. */
const maxInputBytes = 40_000_000;
const questionLimitBytes = 4_000_000;
const modelsPath = '/models';

/** The adapter of a server that speaks OpenAI's language in its own dialect: one synchronous call for each request. */
export function createOpenAiLikeProvider(options: OpenAiLikeOptions): SynchronousProvider {
  const { shared, generate } = connected(options);
  return { ...shared, generate };
}

/** As `createOpenAiLikeProvider`, for a server whose runs of videos outlive a call. */
export function createVideoProvider(
  options: OpenAiLikeOptions & { readonly videos: VideoRoute },
): AsynchronousProvider {
  const { shared, generate, client, base } = connected(options);
  const addressOf = (path: `/${string}`) => `${rootOf(base)}${path}`;
  const runs = createVideoRuns({ client, videos: options.videos, addressOf });
  return {
    ...shared,
    start: (request, secret, signal, onText) =>
      request.kind === 'video' ? runs.start(request, secret, signal) : generate(request, secret, signal, onText),
    repeats: (kind) => kind !== 'video',
    status: (operation, secret, signal) => runs.status(operation, secret, signal),
  };
}

/** What both have in common. */
function connected(options: OpenAiLikeOptions) {
  const { name, dialect, http, now } = options;
  const base = versioned(options.baseUrl, dialect.versionPath);
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const format = chatFormat(dialect);
  const { countedApart } = dialect;
  const keyed = createKeyedClient({
    http,
    now,
    failures: dialect.failures,
    keyHeaders,
    refine: (complaint) =>
      countedApart?.words.test(complaint.words) === true ? { ...complaint, credit: 'this-model' } : complaint,
  });
  const client: KeyedClient = {
    ...keyed,
    failed: (answer, complaint, secret, words) =>
      ofTheModel(keyed.failed(answer, complaint, secret, words), answer.body),
  };

  const getOf = ({ path, below }: Dialect['probe' | 'balance'] & object, signal: AbortSignal): HttpCall => {
    const url = `${below === 'root' ? rootOf(base) : base}${path}`;
    return { method: 'GET', url, headers: { accept: 'application/json' }, signal, bodyLimitBytes: questionLimitBytes };
  };

  const askModels: SynchronousProvider['listModels'] = (secret, signal) =>
    listModels(client, getOf(dialect.probe, signal), secret, { list: 'data', id: 'id' });

  const { balance } = dialect;
  const askBalance: SynchronousProvider['balance'] = async (secret, signal): Promise<BalanceReply> => {
    if (balance === undefined) throw new Error(`Cannot ask ${name} for a balance: it tells none`);
    const reply = await client.call(getOf(balance, signal), secret, noPersonsText);
    if (!reply.ok) return reply;
    const amount = balance.amount(bodyOf(reply.answer));
    return amount === undefined
      ? malformed(reply.answer, 'no balance in the answer')
      : { ok: true, amount, unit: balance.unit };
  };

  const generate: SynchronousProvider['generate'] = async (request, secret, signal, onText) => {
    if (isRelayed(request)) {
      const { chat, responses } = dialect;
      const route = request.relay.route === 'chat' ? chat : responses;
      if (route === undefined) return noRoute(request);
      const { path, fields } = route;
      const usage = (value: unknown) => usageOf(value, dialect.cost);
      const target = { client, url: `${base}${path}`, usageOf: usage, bodyLimitBytes: inlineResultLimitBytes };
      const told = fields === undefined ? target : { ...target, fields };
      return relay(told, request, secret, signal, onText);
    }
    const inputs = await readInputFiles(request.inputs, maxInputBytes, signal);
    if (!inputs.ok) return inputs;
    const asked = askedFor(request, inputs.files, dialect);
    if (asked === undefined) return noRoute(request);
    const accept = acceptOf(request);
    const common = { signal, bodyLimitBytes: inlineResultLimitBytes };
    const call: HttpCall =
      'fromRoot' in asked
        ? { ...common, method: 'GET', url: `${rootOf(base)}${asked.fromRoot}`, headers: { accept } }
        : {
            ...common,
            method: 'POST',
            url: `${base}${asked.path}`,
            headers: { 'content-type': asked.contentType, accept },
            body: asked.body,
          };
    // What is left of an allowance of some models says nothing of the key.
    const isApart = countedApart?.models.test(request.model) === true;
    const counted: KeyedClient['counted'] = (reply, answer) => (isApart ? reply : client.counted(reply, answer));
    if (request.kind === 'chat') return streamChat({ ...client, counted }, call, secret, request, format, onText);
    const sent = await client.send(call, secret);
    if (!sent.ok) return sent;
    const { answer } = sent;
    const failed = (complaint: Complaint) => client.failed(answer, complaint, secret, request);
    if (!isSuccess(answer)) return failed(readComplaint(answer.status, answer.body));
    const read = readResult(request, answer, dialect);
    switch (read.kind) {
      case 'reply': {
        const { source } = read.reply;
        const urls = (source.kind === 'files' ? source.sources : [source]).filter((one) => one.kind === 'url');
        const leak = urls.map((one) => withoutKeyInAddress(one, secret)).find((one) => !one.ok);
        return leak ?? counted(read.reply, answer);
      }
      case 'complaint':
        return failed(read.complaint);
      case 'nothing': {
        const detail = 'an answer without a result';
        return { ok: false, failure: { blame: 'request', reason: 'refused', sureness: 'likely', detail } };
      }
      case 'malformed':
        return client.unreadable(answer, read.why, secret, request);
    }
  };

  const shared: Omit<SynchronousProvider, 'generate'> = {
    name,
    relays: relaysOf(dialect),

    probe: (secret, signal) =>
      client.probe(
        getOf(dialect.probe, signal),
        secret,
        (answer) => (dialect.probe.isAnswer(bodyOf(answer)) ? 'fine' : { malformed: 'not what the probe asks for' }),
        mayNotList,
      ),

    ...(balance === undefined ? {} : { balance: askBalance }),
    ...(dialect.probe.path === modelsPath ? { listModels: askModels } : {}),
  };
  return { shared, generate, client, base };
}

function relaysOf({ chat, responses, pictures, edits, speech }: Dialect): ReadonlySet<RelayRoute> {
  const routes = {
    chat,
    responses,
    images: pictures,
    edits: edits?.inputs === 'files' ? edits : undefined,
    speech: speech !== undefined && 'bodyOf' in speech ? undefined : speech,
  };
  return new Set(relayRoutes.filter((route) => routes[route] !== undefined));
}

type Result = { readonly kind: 'reply'; readonly reply: Extract<ProviderReply, { ok: true }> } | Unusable;

function readResult({ kind, relay: asked }: GenerationRequest, answer: HttpAnswer, dialect: Dialect): Result {
  const { status, body } = answer;
  if (kind === 'speech' || kind === 'music' || kind === 'video') return readFile(answer, kind);
  const read = readImages(status, body, dialect, asked === undefined ? 1 : Infinity);
  if (read.kind !== 'source') return read;
  const { source, usage } = read;
  return { kind: 'reply', reply: { ok: true, source, ...(usage === undefined ? {} : { usage }) } };
}

/** A sound or video is the body itself; a sound may be base64 in a field of it. */
function readFile({ status, headers, body }: HttpAnswer, kind: 'speech' | 'music' | 'video'): Result {
  const isText = /^(?:application\/json|text\/)/.test(String(headers['content-type'] ?? ''));
  if (!isText && body.byteLength > 0 && !/^\s{0,9}[{<]/.test(startOf(body))) {
    return { kind: 'reply', reply: { ok: true, source: { kind: 'bytes', bytes: body } } };
  }
  const read = readObject(status, body);
  if (!(read instanceof Map)) return read;
  const coded = read.get('audio_data');
  if (typeof coded !== 'string' || coded === '') return { kind: 'malformed', why: `no ${files[kind]} in the answer` };
  return { kind: 'reply', reply: { ok: true, source: { kind: 'bytes', bytes: Buffer.from(coded, 'base64') } } };
}

const files = { speech: 'sound', music: 'sound', video: 'video' } as const;

function startOf(body: Uint8Array): string {
  return Buffer.from(body.subarray(0, 20)).toString('latin1');
}

function bodyOf({ body }: HttpAnswer): unknown {
  const parsed = parseJson(body);
  return parsed.ok ? parsed.value : undefined;
}

function acceptOf({ kind }: GenerationRequest): string {
  if (kind === 'speech' || kind === 'music' || kind === 'video') return '*/*';
  return kind === 'chat' ? 'text/event-stream, application/json' : 'application/json';
}

function noRoute({ kind }: GenerationRequest): Failed {
  const detail = `this provider has no route for the kind "${kind}"`;
  return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail } };
}

/** The address without its version. */
function rootOf(base: string): string {
  return base.replace(/\/v\d[\w.]*$/, '');
}

/** A restricted key may make pictures and not list the models. */
function mayNotList({ status, words }: Complaint): boolean {
  return status === 403 && /missing scopes?\b|insufficient permissions/i.test(words);
}

/** A value that the model's name must not have is a model that the provider does not serve. */
function ofTheModel(failed: Failed, body: Uint8Array): Failed {
  const { reason, detail } = failed.failure;
  if (reason !== 'bad-request' || wrongField(body) !== 'model') return failed;
  return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail } };
}
