import type { Json, OnText, ProviderReply, Relay, RelayRoute, SecretValue, Usage } from '../domain/provider.ts';
import { complaintOf, readComplaint } from './classification/error-body.ts';
import { eventReader, eventsIn, isEventStream, type StreamEvent } from './http/event-stream.ts';
import { fieldsOf, type HttpCall, parseJson } from './http/http-exchange.ts';
import { type HttpAnswer, isSuccess, type KeyedClient, malformed, type RelayedRequest } from './keyed-client.ts';

/** Where a provider takes requests in OpenAI's language, and how it counts. */
export type RelayTarget = {
  readonly client: KeyedClient;
  /** The address of the route. */
  readonly url: string;
  /** What the provider has to be told besides, for example that it shall count; the caller's own fields win. */
  readonly fields?: { readonly [name: string]: Json };
  readonly usageOf: (usage: unknown) => Usage | undefined;
  readonly bodyLimitBytes: number;
};

/**
 * Sends a conversation unchanged but for its model. A stream is passed on event by event from the first that carries
 * something of the answer; what comes before it is held back, since until then another provider may still answer.
 */
export async function relay(
  target: RelayTarget,
  request: RelayedRequest,
  secret: SecretValue,
  signal: AbortSignal,
  onText: OnText = () => undefined,
): Promise<ProviderReply> {
  const { client, url, bodyLimitBytes } = target;
  const { route, onEvent } = request.relay;
  const stream = onEvent === undefined ? undefined : new RelayedStream(request.relay, onEvent, onText);
  const read = stream && eventReader((event) => stream.hear(event));
  const call: HttpCall = {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      accept: stream === undefined ? 'application/json' : 'text/event-stream, application/json',
    },
    body: JSON.stringify(bodyOf(request, target.fields)),
    signal,
    bodyLimitBytes,
    ...(read === undefined ? {} : { onBody: read }),
  };
  const sent = await client.send(call, secret);
  if (!sent.ok) return sent;
  const { answer } = sent;
  if (!isSuccess(answer)) {
    if (route === 'responses' && hasNoRoute.has(answer.status)) return noRoute;
    return client.failed(answer, readComplaint(answer.status, answer.body), secret, request);
  }
  const isStream = stream !== undefined && isEventStream(answer.headers);
  return client.counted(isStream ? streamed(stream, answer) : whole(answer, route), answer);

  function streamed(heard: RelayedStream, answered: HttpAnswer): ProviderReply {
    // The last event counts also where the blank line behind it is missing.
    const last = eventsIn(answered.body).at(-1);
    if (last !== undefined) heard.end(last);
    if (heard.error !== undefined) {
      return client.failed(answered, complaintOf(answered.status, heard.error), secret, request);
    }
    if (!heard.isOver) return cut;
    const usage = target.usageOf(heard.usage);
    return { ok: true, source: { kind: 'text', text: heard.text }, ...(usage === undefined ? {} : { usage }) };
  }

  function whole(answered: HttpAnswer, asked: RelayRoute): ProviderReply {
    const parsed = parseJson(answered.body);
    const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
    if (fields === undefined) return malformed(answered, 'no object of JSON');
    // Some servers report a failure with a success status.
    if ((fields.get('error') ?? null) !== null) {
      return client.failed(answered, complaintOf(answered.status, parsed.ok && parsed.value), secret, request);
    }
    if (!Array.isArray(fields.get(asked === 'chat' ? 'choices' : 'output'))) {
      return malformed(answered, 'no answer in the object');
    }
    const key = secret.reveal();
    if (key !== '' && bytesOf(answered.body).includes(key)) return malformed(answered, 'the answer contains the key');
    // The caller does not wait for what we learn from the answer.
    request.relay.onWhole?.(answered.body);
    const usage = target.usageOf(fields.get('usage'));
    const source = { kind: 'text', text: '', relayed: answered.body } as const;
    return { ok: true, source, ...(usage === undefined ? {} : { usage }) };
  }
}

/** The same bytes, not a copy of them. */
function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** It says nothing of the model, which may well chat. */
const hasNoRoute: ReadonlySet<number> = new Set([404, 405, 501]);
const noRoute: ProviderReply = {
  ok: false,
  failure: { blame: 'request', reason: 'bad-request', detail: 'this model of this provider has no route /responses' },
};

const cut: ProviderReply = {
  ok: false,
  failure: { blame: 'provider', reason: 'unreachable', detail: 'the stream ended in the middle of the answer' },
};

function bodyOf({ model, relay: { route, fields, onEvent } }: RelayedRequest, own: Relay['fields'] = {}) {
  if (onEvent === undefined) {
    const { stream: _stream, stream_options: _options, ...others } = { ...own, ...fields } as Record<string, Json>;
    return { ...others, model };
  }
  const options =
    route === 'chat' ? { stream_options: { ...objectIn(fields, 'stream_options'), include_usage: true } } : {};
  return {
    ...own,
    ...fields,
    ...('stream_options' in own || 'stream_options' in fields ? options : {}),
    model,
    stream: true,
  };
}

function objectIn(fields: Relay['fields'], name: string): object {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

const endings: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);
/** What comes before anything of the answer. */
const preludes: ReadonlySet<unknown> = new Set(['response.created', 'response.in_progress', 'response.queued']);

/** Reads the events of a stream while they pass through. */
class RelayedStream {
  text = '';
  usage: unknown;
  /** The failure that stands in an event. */
  error: unknown;
  isOver = false;
  #hasBegun = false;
  readonly #held: string[] = [];
  readonly #relay: Relay;
  readonly #onEvent: (data: string) => void;
  readonly #onText: OnText;
  /** Counted from the end of the answer's events, the last one may come twice. */
  #last: string | undefined;

  constructor(asked: Relay, onEvent: (data: string) => void, onText: OnText) {
    this.#relay = asked;
    this.#onEvent = onEvent;
    this.#onText = onText;
  }

  /** The last event of the whole answer, unless it was heard. */
  end(last: StreamEvent): void {
    if (last.data !== this.#last && !this.isOver) this.hear(last);
  }

  hear({ data }: StreamEvent): void {
    this.#last = data;
    if (this.error !== undefined) return;
    if (data === '[DONE]') {
      this.isOver = true;
      return;
    }
    const event = parsed(data);
    if (event === undefined) return;
    if (this.#relay.route === 'responses') this.#hearResponse(event, data);
    else this.#hearChunk(event, data);
  }

  #hearChunk(chunk: Event, data: string): void {
    if ((chunk['error'] ?? null) !== null) {
      this.error = chunk;
      return;
    }
    if ((chunk['usage'] ?? null) !== null) this.usage = chunk['usage'];
    const choices: unknown = chunk['choices'];
    const list = Array.isArray(choices) ? (choices as readonly Event[]) : [];
    if (list.length === 0) {
      // The caller hears of the usage only where it asked for that.
      const isAsked = (objectIn(this.#relay.fields, 'stream_options') as Event)['include_usage'] === true;
      if (isAsked) this.#pass(data, false);
      return;
    }
    let carries = false;
    for (const choice of list) {
      const delta = choice['delta'] as Event | undefined | null;
      if (typeof delta?.['content'] === 'string') this.text += delta['content'];
      if (typeof choice['finish_reason'] === 'string') this.isOver = true;
      carries ||= this.isOver || Object.entries(delta ?? {}).some(([name, value]) => name !== 'role' && isSaid(value));
    }
    this.#pass(data, carries);
  }

  #hearResponse(event: Event, data: string): void {
    const { type } = event;
    const response = event['response'] as Event | undefined;
    if (type === 'error' || type === 'response.failed') {
      this.error = { error: response?.['error'] ?? event['error'] ?? event };
      return;
    }
    if (endings.has(type)) {
      this.usage = response?.['usage'];
      this.isOver = true;
    }
    if (type === 'response.output_text.delta' && typeof event['delta'] === 'string') this.text += event['delta'];
    this.#pass(data, !preludes.has(type));
  }

  #pass(data: string, carries: boolean): void {
    if (!this.#hasBegun && !carries) {
      this.#held.push(data);
      return;
    }
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      for (const earlier of this.#held) this.#onEvent(earlier);
    }
    // From here on the answer counts as heard, whatever it consists of.
    this.#onText(this.text === '' ? data : this.text);
    this.#onEvent(data);
  }
}

type Event = { readonly [name: string]: unknown };

function isSaid(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : (value ?? null) !== null;
}

function parsed(data: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Event) : undefined;
  } catch {
    return undefined;
  }
}
