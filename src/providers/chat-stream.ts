import type { GenerationRequest, OnText, ProviderReply, SecretValue, Usage } from '../domain/provider.ts';
import { complaintOf, readComplaint } from './classification/error-body.ts';
import { eventReader, eventsIn, isEventStream, type StreamEvent } from './http/event-stream.ts';
import { fieldsOf, type HttpCall, parseJson } from './http/http-exchange.ts';
import { isSuccess, type KeyedClient, malformed, type PersonsText } from './keyed-client.ts';

/** What one event of a stream, or a whole reply, says. */
export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  /** The model has ended; `cut` where it reached a limit of length. */
  | { readonly kind: 'finish'; readonly why: 'done' | 'cut' | 'refused' }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** A failure that comes inside a stream that began well. */
  | { readonly kind: 'error'; readonly error: unknown };

/** How a provider writes its answers; both take parsed JSON and leave out what they do not know. */
export type ChatFormat = {
  readonly ofEvent: (data: unknown, event: string) => readonly ChatPart[];
  /** A reply that comes whole although a stream was asked for. */
  readonly ofReply: (reply: unknown) => readonly ChatPart[];
};

/** The conversation up to the question, as most providers take it. `clean` is given every text before it is sent. */
export function chatMessages(
  { history = [], prompt }: GenerationRequest,
  clean = (text: string) => text.toWellFormed(),
): readonly { readonly role: 'user' | 'assistant'; readonly content: string }[] {
  return [...history, { role: 'person', text: prompt } as const].map(({ role, text }) => ({
    role: role === 'person' ? 'user' : 'assistant',
    content: clean(text),
  }));
}

/**
 * Sends a call that is answered by a stream of events and returns the whole text at its end. `onText` hears the text while
 * it is written. A stream that ends without saying that it is finished was cut.
 */
export async function streamChat(
  client: KeyedClient,
  call: Omit<HttpCall, 'onBody'>,
  secret: SecretValue,
  persons: PersonsText,
  format: ChatFormat,
  onText: OnText = () => undefined,
): Promise<ProviderReply> {
  let soFar = '';
  const read = eventReader((event) => {
    const text = textOf(partsOf(event, format));
    soFar += text;
    if (text !== '') onText(soFar);
  });
  const sent = await client.send({ ...call, onBody: read }, secret);
  if (!sent.ok) return sent;
  const { answer } = sent;
  if (!isSuccess(answer)) {
    return client.failed(answer, readComplaint(answer.status, answer.body), secret, persons);
  }
  const parts = partsOfAnswer(answer.headers, answer.body, format);
  if (parts === undefined) return malformed(answer, 'neither a stream of events nor a reply');
  const error = parts.find((part) => part.kind === 'error');
  if (error !== undefined) return client.failed(answer, complaintOf(answer.status, error.error), secret, persons);
  return client.counted(endOf(parts), answer);
}

function endOf(parts: readonly ChatPart[]): ProviderReply {
  const text = textOf(parts).trim();
  const finish = parts.findLast((part) => part.kind === 'finish')?.why;
  const usages = parts.flatMap((part) => (part.kind === 'usage' ? [part.usage] : []));
  const usage = usages.length === 0 ? {} : { usage: Object.assign({}, ...usages) as Usage };
  if (finish === undefined) return cut;
  if (finish === 'refused') return refused;
  if (text === '') return empty;
  return { ok: true, source: { kind: 'text', text, ...(finish === 'cut' ? { isCut: true } : {}) }, ...usage };
}

const cut: ProviderReply = {
  ok: false,
  failure: { blame: 'provider', reason: 'unreachable', detail: 'the stream ended in the middle of the answer' },
};
const refused: ProviderReply = {
  ok: false,
  failure: { blame: 'request', reason: 'refused', detail: 'the model declined to answer' },
};
const empty: ProviderReply = {
  ok: false,
  failure: { blame: 'provider', reason: 'failed-run', detail: 'an answer without words' },
};

function partsOfAnswer(
  headers: Parameters<typeof isEventStream>[0],
  body: Uint8Array,
  format: ChatFormat,
): readonly ChatPart[] | undefined {
  if (isEventStream(headers)) return eventsIn(body).flatMap((event) => partsOf(event, format));
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return undefined;
  // Some servers report a failure with a success status.
  if ((fields.get('error') ?? null) !== null) return [{ kind: 'error', error: Object.fromEntries(fields) }];
  const parts = format.ofReply(Object.fromEntries(fields));
  return parts.length === 0 ? undefined : parts;
}

function partsOf({ event, data }: StreamEvent, format: ChatFormat): readonly ChatPart[] {
  const parsed = parseJson(Buffer.from(data));
  return parsed.ok ? format.ofEvent(parsed.value, event) : [];
}

function textOf(parts: readonly ChatPart[]): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
}
