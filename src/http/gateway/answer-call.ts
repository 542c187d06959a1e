import type { Begun, ClientCall } from '../../domain/gateway/client-call.ts';
import type { GatewayAccess, KnownClient } from '../../domain/gateway/gateway-access.ts';
import type { Candidate } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { Clock } from '../../kit/clock.ts';
import { MediaAnswerer, type MediaAnswererOptions } from './answer-media.ts';
import { ChunkWriter, completion, eventsOfWhole } from './chat-answer.ts';
import { type ChatRequest, readChat, readResponses } from './chat-request.ts';
import { type Arrived, type Asked, traceOf } from './arrived.ts';
import { type MediaRequest, readEdit, readImage, readSpeech } from './media-request.ts';
import { RateLimits } from './rate-limits.ts';
import { withPictures } from './sent-pictures.ts';
import { parseObject, type Read, readBytes, refused } from './read-body.ts';
import { badRequest, type Refusal, refusalFor } from './refusal.ts';

/** Answers requests of programs: reads them, has them made, writes what came of it. */
export class CallAnswerer {
  readonly #access: GatewayAccess;
  readonly #media: MediaAnswerer;
  readonly #clock: Clock;
  readonly #rates: RateLimits;

  constructor(options: MediaAnswererOptions) {
    const { access, clock } = options;
    this.#access = access;
    this.#media = new MediaAnswerer(options);
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
    if (!read.ok) return exchange.refuse(read.refusal);
    const chain = this.#chainFor(asked, read.value);
    return chain.ok ? this.#media.make(arrived, client, read.value, chain.value) : exchange.refuse(chain.refusal);
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
    const { isStream, prompt, history, wantsUsage } = request;
    const withThem = await withPictures(request.fields, this.#access.fetchPicture, exchange.signal);
    if (!withThem.ok) return exchange.refuse(withThem.refusal);
    const fields = withThem.value;
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
    const ending = await this.#access.calls.run(call, exchange.stop);
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
