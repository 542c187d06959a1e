import type { Begun, CallEnding, ClientCall } from '../../domain/gateway/client-call.ts';
import type { GatewayAccess, KnownClient } from '../../domain/gateway/gateway-access.ts';
import { parseTraceParent } from '../../domain/gateway/client-call.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Candidate } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { RelayRoute } from '../../domain/provider.ts';
import type { Clock } from '../../kit/clock.ts';
import { ChunkWriter, completion, eventsOfWhole, usageFields } from './chat-answer.ts';
import { type ChatRequest, readChat, readResponses } from './chat-request.ts';
import type { Halves } from '../gate.ts';
import type { Exchange } from './exchange.ts';
import { type MediaRequest, readEdit, readImage, readSpeech } from './media-request.ts';
import { RateLimits } from './rate-limits.ts';
import { parseObject, type Read, readBytes, refused } from './read-body.ts';
import { badRequest, type Refusal, refusalFor } from './refusal.ts';

/** A route, and the kind that it asks for. */
export type Asked = { readonly route: RelayRoute; readonly kind: JobKind };

/** A request of a program. */
export type Arrived = {
  readonly incoming: Halves['incoming'];
  readonly exchange: Exchange;
  readonly id: JobId;
  readonly asked: Asked;
  readonly client: KnownClient | undefined;
};

/** Answers requests of programs: reads them, has them made, writes what came of it. */
export class CallAnswerer {
  readonly #access: GatewayAccess;
  readonly #clock: Clock;
  readonly #rates: RateLimits;

  constructor({ access, clock }: { readonly access: GatewayAccess; readonly clock: Clock }) {
    this.#access = access;
    this.#clock = clock;
    this.#rates = new RateLimits(clock);
  }

  async answer(arrived: Arrived): Promise<void> {
    const { incoming, exchange, asked, client } = arrived;
    const turnedAway = client === undefined ? unknownClient : this.#turnedAway(client, asked.kind);
    if (turnedAway !== undefined || client === undefined) return exchange.refuse(turnedAway ?? unknownClient);
    const bytes = await readBytes(incoming);
    if (!bytes.ok) return exchange.refuse(bytes.refusal);
    if (asked.route === 'chat' || asked.route === 'responses') {
      const body = parseObject(bytes.value);
      const read = body.ok ? (asked.route === 'chat' ? readChat : readResponses)(body.value) : body;
      return read.ok ? this.#converse(arrived, client, asked.route, read.value) : exchange.refuse(read.refusal);
    }
    const read = await readMedia(asked.route, incoming.headers['content-type'] ?? '', bytes.value);
    return read.ok ? this.#make(arrived, client, read.value) : exchange.refuse(read.refusal);
  }

  /** Why the client may not ask now, whatever it asks. */
  #turnedAway(client: KnownClient, kind: JobKind): Refusal | undefined {
    if (client.kinds?.includes(kind) === false) {
      const message = `The client ${client.name} may not ask for the kind "${kind}"`;
      return { status: 403, message, type: 'permission_error', code: 'kind_not_allowed' };
    }
    const spentForMs = this.#access.budgetWaitMs(client);
    if (spentForMs > 0) {
      const message = `The client ${client.name} has spent its budget of this UTC day`;
      return { status: 429, message, type: 'insufficient_quota', code: 'budget_exceeded', retryAfterMs: spentForMs };
    }
    const waitMs = client.ratePerMinute === undefined ? 0 : this.#rates.take(client.number, client.ratePerMinute);
    if (waitMs === 0) return undefined;
    const message = `The client ${client.name} may send ${client.ratePerMinute} calls a minute`;
    return { status: 429, message, type: 'rate_limit_error', code: 'rate_limit_exceeded', retryAfterMs: waitMs };
  }

  /** The candidates that can follow the request. */
  #chainFor({ route, kind }: Asked, { model, onlyRelayed }: ChatRequest | MediaRequest): Read<readonly Candidate[]> {
    const { candidates, relays } = this.#access;
    const named = candidates(kind, model);
    if (named.length === 0 && model !== undefined && model !== 'auto') {
      const message = `The model ${model} is not served here; GET /v1/models lists those that are`;
      return refused({ status: 404, message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' });
    }
    if (named.length === 0) return refused(refusalFor({ kind: 'failed', code: 'keys-being-set-up', calls: 0 }));
    if (onlyRelayed === undefined) return { ok: true, value: named };
    const able = named.filter(({ provider }) => relays(provider).has(route));
    if (able.length > 0) return { ok: true, value: able };
    const who = [...new Set(named.map(({ provider }) => provider))].join(', ');
    const message = `Cannot follow ${onlyRelayed}: ${who} is not asked in OpenAI's language on this route`;
    return refused(badRequest(message, onlyRelayed, 'unsupported_parameter'));
  }

  async #converse(
    arrived: Arrived,
    client: KnownClient,
    route: 'chat' | 'responses',
    request: ChatRequest,
  ): Promise<void> {
    const { exchange, id, asked } = arrived;
    const chain = this.#chainFor(asked, request);
    if (!chain.ok) return exchange.refuse(chain.refusal);
    const { isStream, prompt, history, fields, wantsUsage } = request;
    const facts = { id, createdS: Math.floor(this.#clock.now() / 1_000) };
    const writer = new ChunkWriter(facts, wantsUsage);
    let begun: Begun | undefined;
    const send = (data: string) => exchange.event(data, route === 'responses' ? eventName(data) : undefined);
    const call: ClientCall = {
      id,
      client,
      kind: 'chat',
      chain: chain.value,
      prompt,
      history,
      relay: isStream
        ? { route, fields, onEvent: send }
        : { route, fields, onWhole: (body) => exchange.whole(body, 'application/json', begun) },
      ...traceOf(arrived),
      ...(isStream
        ? {
            onBegin: (by: Begun) => exchange.begin(by),
            onText: (soFar: string) => {
              if (soFar === '') return;
              if (!writer.hasBegun) send(writer.begin(exchange.begunWith()));
              const chunk = writer.text(soFar);
              if (chunk !== undefined) send(chunk);
            },
          }
        : {
            onBegin: (by: Begun) => {
              begun = by;
            },
          }),
    };
    const ending = await this.#access.calls.run(call, exchange.signal);
    if (ending.kind === 'failed') return exchange.refuse(refusalFor(ending), ending);
    const { result } = ending;
    if (result.kind !== 'text') throw new Error(`Cannot answer ${id}: a conversation was answered with files`);
    if (!isStream) {
      if (result.relayed !== undefined) return;
      return exchange.whole(
        JSON.stringify(completion(facts, ending, result.text, result.isCut === true)),
        'application/json',
        ending,
      );
    }
    if (exchange.hasBegun && result.isCut === true) return exchange.breakOff(brokenStream);
    if (!exchange.hasBegun) {
      exchange.begin(ending);
      const events = result.relayed === undefined ? undefined : eventsOfWhole(result.relayed, route);
      if (events !== undefined) for (const event of events) send(event);
      else {
        send(writer.begin(ending));
        const chunk = writer.text(result.text);
        if (chunk !== undefined) send(chunk);
      }
    }
    if (writer.hasBegun) for (const event of writer.end(ending.usage, result.isCut === true)) send(event);
    if (route === 'chat') send('[DONE]');
    exchange.end();
  }

  async #make(arrived: Arrived, client: KnownClient, request: MediaRequest): Promise<void> {
    const { exchange, id, asked } = arrived;
    const chain = this.#chainFor(asked, request);
    if (!chain.ok) return exchange.refuse(chain.refusal);
    const { prompt, aspect, pictures, fields } = request;
    const relays = (provider: string) => this.#access.relays(provider).has(asked.route);
    // A model with one shape only cannot follow a size; one that is asked in OpenAI's language is told it as it is.
    const able = chain.value.filter(
      (one) => aspect === undefined || relays(one.provider) || this.#access.hasSizes(one),
    );
    if (able.length === 0)
      return exchange.refuse(badRequest('The model makes pictures of one size only', 'size', 'unsupported_parameter'));
    const ending = await this.#access.calls.run(
      {
        id,
        client,
        kind: asked.kind,
        chain: able,
        prompt,
        ...(aspect === undefined ? {} : { options: { aspect } }),
        ...(pictures === undefined ? {} : { pictures }),
        relay: { route: asked.route, fields },
        ...traceOf(arrived),
      },
      exchange.signal,
    );
    if (ending.kind === 'failed') return exchange.refuse(refusalFor(ending), ending);
    this.#sendFiles(exchange, asked, ending);
  }

  #sendFiles(exchange: Exchange, { kind }: Asked, ending: Extract<CallEnding, { kind: 'answered' }>): void {
    const { result, usage } = ending;
    const files = result.kind === 'files' ? result.files : [];
    const [first] = files;
    if (first === undefined) throw new Error('Cannot answer: there is no file in the result');
    if (kind === 'speech') return exchange.whole(first.bytes, first.mime, ending);
    const told = usageFields(usage);
    const tokens = told && {
      input_tokens: told['prompt_tokens'],
      output_tokens: told['completion_tokens'],
      total_tokens: told['total_tokens'],
    };
    const body = {
      created: Math.floor(this.#clock.now() / 1_000),
      data: files.map(({ bytes }) => ({ b64_json: Buffer.from(bytes).toString('base64') })),
      ...(tokens === undefined ? {} : { usage: tokens }),
    };
    exchange.whole(JSON.stringify(body), 'application/json', ending);
  }
}

async function readMedia(
  route: 'images' | 'edits' | 'speech',
  contentType: string,
  bytes: Buffer,
): Promise<Read<MediaRequest>> {
  if (route === 'edits') return readEdit(contentType, bytes);
  const body = parseObject(bytes);
  if (!body.ok) return body;
  return route === 'images' ? readImage(body.value) : readSpeech(body.value);
}

/** The trace in which the caller's own program is. */
function traceOf({ incoming }: Arrived): Pick<ClientCall, 'trace'> {
  const { traceparent } = incoming.headers;
  const trace = typeof traceparent === 'string' ? parseTraceParent(traceparent) : undefined;
  return trace === undefined ? {} : { trace };
}

/** The name of an event of the Responses API is the type in its data. */
function eventName(data: string): string | undefined {
  return /"type"\s*:\s*"((?:response\.[a-z_.]+)|error)"/.exec(data)?.[1];
}

const unknownClient: Refusal = {
  status: 401,
  message: 'The token is not valid any more',
  type: 'authentication_error',
  code: 'invalid_api_key',
};

const brokenStream: Refusal = {
  status: 502,
  message: 'The provider broke off in the middle of the answer; what had begun is not continued by another',
  type: 'server_error',
  code: 'stream_broken',
};
