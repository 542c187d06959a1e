import type { Begun, CallEnding } from '../../domain/gateway/client-call.ts';
import type { Usage } from '../../domain/provider.ts';
import type { JsonObject } from './read-body.ts';

type Facts = { readonly id: string; readonly createdS: number };

type Answered = Extract<CallEnding, { kind: 'answered' }>;

/** The usage as OpenAI counts it; undefined where the provider told nothing. */
export function usageFields(usage: Usage | undefined): JsonObject | undefined {
  if (usage?.inputTokens === undefined && usage?.outputTokens === undefined) return undefined;
  const { inputTokens = 0, outputTokens = 0 } = usage;
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** A whole answer in words, of a provider that does not write OpenAI's language. */
export function completion(
  { id, createdS }: Facts,
  { candidate, usage }: Answered,
  text: string,
  isCut: boolean,
): JsonObject {
  const told = usageFields(usage);
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: createdS,
    model: candidate.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: isCut ? 'length' : 'stop',
      },
    ],
    ...(told === undefined ? {} : { usage: told }),
  };
}

/** The events of a stream in words: what is new of a text, and its end. */
export class ChunkWriter {
  readonly #facts: Facts;
  readonly #wantsUsage: boolean;
  #model = '';
  #said = 0;

  constructor(facts: Facts, wantsUsage: boolean) {
    this.#facts = facts;
    this.#wantsUsage = wantsUsage;
  }

  get hasBegun(): boolean {
    return this.#model !== '';
  }

  begin({ candidate }: Begun): string {
    this.#model = candidate.model;
    return this.#chunk({ role: 'assistant', content: '' });
  }

  text(soFar: string): string | undefined {
    const piece = soFar.slice(this.#said);
    this.#said = soFar.length;
    return piece === '' ? undefined : this.#chunk({ content: piece });
  }

  end(usage: Usage | undefined, isCut: boolean): readonly string[] {
    const told = usageFields(usage);
    const last = this.#chunk({}, isCut ? 'length' : 'stop');
    if (!this.#wantsUsage || told === undefined) return [last];
    return [last, JSON.stringify({ ...this.#head(), choices: [], usage: told })];
  }

  #chunk(delta: JsonObject, finish: string | null = null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    return JSON.stringify({ ...this.#head(), choices, ...(this.#wantsUsage ? { usage: null } : {}) });
  }

  #head(): JsonObject {
    const { id, createdS } = this.#facts;
    return { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: createdS, model: this.#model };
  }
}

/** The events of an answer that came whole although a stream was asked for; undefined where it is none. */
export function eventsOfWhole(answer: Uint8Array, route: 'chat' | 'responses'): readonly string[] | undefined {
  let whole: JsonObject;
  try {
    whole = JSON.parse(Buffer.from(answer).toString()) as JsonObject;
  } catch {
    return undefined;
  }
  if (route === 'responses') return [JSON.stringify({ type: 'response.completed', response: whole })];
  const { choices, usage, ...head } = whole;
  if (!Array.isArray(choices)) return undefined;
  const chunks = (choices as readonly JsonObject[]).map(({ message, ...choice }) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ ...choice, delta: withIndexes(message) }],
  }));
  const last = usage === undefined ? [] : [{ ...head, object: 'chat.completion.chunk', choices: [], usage }];
  return [...chunks, ...last].map((event) => JSON.stringify(event));
}

/** In a stream each call of a tool has its number. */
function withIndexes(message: JsonObject[string] | undefined): JsonObject {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return {};
  const { tool_calls: calls, ...others } = message as JsonObject;
  if (!Array.isArray(calls)) return others;
  return { ...others, tool_calls: (calls as readonly JsonObject[]).map((call, index) => ({ index, ...call })) };
}
