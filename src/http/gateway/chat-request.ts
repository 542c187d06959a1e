import { z } from 'zod';
import type { ChatTurn, Json } from '../../domain/provider.ts';
import { badRequest } from './refusal.ts';
import { type JsonObject, type Read, refused } from './read-body.ts';

/** A request for a conversation, as it is asked of any provider. */
export type ChatRequest = {
  readonly model: string | undefined;
  readonly isStream: boolean;
  /** The caller wants the usage in the last event. */
  readonly wantsUsage: boolean;
  /** Without the model; for providers that are sent it unchanged. */
  readonly fields: JsonObject;
  /** The last words of the person. */
  readonly prompt: string;
  readonly history: readonly ChatTurn[];
  /** The first parameter that only such a provider can follow. */
  readonly onlyRelayed: string | undefined;
};

const maxNameLength = 200;
const maxRoleLength = 64;
const maxMessages = 10_000;
const model = z.string().min(1).max(maxNameLength).nullish();
const stream = z.boolean().nullish();

export const chatSchema = z.looseObject({
  model,
  stream,
  messages: z
    .array(
      z.looseObject({
        role: z.string().max(maxRoleLength),
        content: z.union([z.string(), z.array(z.looseObject({}))]).nullish(),
      }),
    )
    .min(1)
    .max(maxMessages),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.number().int().min(1).max(128).nullish(),
});

type ChatBody = z.infer<typeof chatSchema>;

/** Hot path: the request where it is in words and surely fits the schema, which decides on all others. */
export function usualChat(body: JsonObject): ChatBody | undefined {
  const { model: named = 'auto', stream: isStream = false, messages, stream_options: options, n } = body;
  if (typeof named !== 'string' || named.length === 0 || named.length > maxNameLength) return undefined;
  if (typeof isStream !== 'boolean' || options !== undefined || n !== undefined) return undefined;
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > maxMessages) return undefined;
  return (messages as readonly Json[]).every(isInWords) ? (body as ChatBody) : undefined;
}

function isInWords(message: Json): boolean {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return false;
  const { role, content } = message as JsonObject;
  return typeof role === 'string' && role.length <= maxRoleLength && typeof content === 'string';
}

/** Reads `POST /v1/chat/completions`. */
export function readChat(body: JsonObject): Read<ChatRequest> {
  const usual = usualChat(body);
  const parsed = usual === undefined ? chatSchema.safeParse(body) : ({ success: true, data: usual } as const);
  if (!parsed.success) return refused(mistakeIn(parsed.error));
  const { data } = parsed;
  const turns = readTurns(data.messages);
  const isStream = data.stream === true;
  if (!isStream && (data.stream_options ?? null) !== null) {
    return refused(badRequest('stream_options are taken only where stream is true', 'stream_options'));
  }
  const { model: _model, ...fields } = body;
  return {
    ok: true,
    value: {
      model: data.model ?? undefined,
      isStream,
      wantsUsage: data.stream_options?.include_usage === true,
      fields,
      prompt: turns?.prompt ?? lastText(data.messages),
      history: turns?.history ?? [],
      onlyRelayed:
        Object.entries(fields).find(([name, value]) => !isPlain(name, value))?.[0] ??
        (turns === undefined ? 'messages' : undefined),
    },
  };
}

const responsesSchema = z.looseObject({
  model,
  stream,
  input: z.union([z.string(), z.array(z.looseObject({})).min(1).max(10_000)]),
});

/** What lives at one account of one provider, while another may answer the next call. */
const bound = ['previous_response_id', 'conversation', 'background', 'prompt'] as const;

/** Reads `POST /v1/responses`, which is sent to the provider unchanged. */
export function readResponses(body: JsonObject): Read<ChatRequest> {
  const parsed = responsesSchema.safeParse(body);
  if (!parsed.success) return refused(mistakeIn(parsed.error));
  const kept = bound.find((name) => (body[name] ?? null) !== null && body[name] !== false);
  if (kept !== undefined) {
    return refused(
      badRequest(
        `${kept} names what one account of a provider keeps, and any key of the pool may answer; send the whole input`,
        kept,
      ),
    );
  }
  const { model: _model, ...fields } = body;
  const { data } = parsed;
  const prompt = typeof data.input === 'string' ? data.input : lastText(data.input);
  return {
    ok: true,
    value: {
      model: data.model ?? undefined,
      isStream: data.stream === true,
      wantsUsage: true,
      fields,
      prompt,
      history: [],
      onlyRelayed: 'input',
    },
  };
}

/** The refusal that names what zod found first. */
export function mistakeIn(error: z.ZodError) {
  const [issue] = error.issues;
  const param = issue?.path.map(String).join('.').slice(0, 100) ?? '';
  const message = issue?.message.slice(0, 200) ?? 'not as described';
  return badRequest(`Cannot read ${param === '' ? 'the body' : param}: ${message}`, param === '' ? undefined : param);
}

const plain: ReadonlySet<string> = new Set(['messages', 'stream', 'stream_options']);

/** Whether any provider follows the parameter, because it says what holds anyway. */
function isPlain(name: string, value: Json): boolean {
  if (plain.has(name) || value === null) return true;
  return name === 'n' && value === 1;
}

type Message = { readonly role: string; readonly content?: unknown; readonly [name: string]: unknown };

/** The turns of a conversation in words; undefined for one with anything else in it. */
function readTurns(
  messages: readonly Message[],
): { readonly prompt: string; readonly history: ChatTurn[] } | undefined {
  const said: ChatTurn[] = [];
  const rules: string[] = [];
  for (const { role, content, ...others } of messages) {
    if (Object.values(others).some((value) => (value ?? null) !== null)) return undefined;
    const text = textOf(content);
    if (text === undefined) return undefined;
    if (role === 'system' || role === 'developer') rules.push(text);
    else if (role === 'user') add(said, { role: 'person', text });
    else if (role === 'assistant') add(said, { role: 'model', text });
    else return undefined;
  }
  const last = said.at(-1);
  if (last?.role !== 'person') return undefined;
  const [first] = said;
  // Providers that know no other role are told the rules before the first words of the person.
  if (rules.length > 0 && first !== undefined) {
    if (first.role === 'person') said[0] = { role: 'person', text: [...rules, first.text].join('\n\n') };
    else said.unshift({ role: 'person', text: rules.join('\n\n') });
  }
  return { prompt: said.at(-1)?.text ?? last.text, history: said.slice(0, -1) };
}

function add(said: ChatTurn[], turn: ChatTurn): void {
  const before = said.at(-1);
  if (before?.role !== turn.role) return void said.push(turn);
  said[said.length - 1] = { role: turn.role, text: `${before.text}\n\n${turn.text}` };
}

/** A text, or blocks of text alone. */
function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = (content as readonly { readonly type?: unknown; readonly text?: unknown }[]).map(({ type, text }) =>
    (type === 'text' || type === 'input_text') && typeof text === 'string' ? text : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined;
}

/** The last words of the person, as far as there are any: a provider's complaint may repeat them. */
function lastText(messages: readonly { readonly [name: string]: unknown }[]): string {
  return textOf(messages.findLast(({ role }) => role === 'user')?.['content']) ?? '';
}
