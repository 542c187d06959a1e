import { z } from 'zod';

const block = z.looseObject({ type: z.string().optional(), text: z.string().optional() });
const message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(block)]) });

const fields = {
  text: z.string().optional(),
  messages: z.array(message).optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  stream: z.boolean().optional(),
  json: z.boolean().optional(),
};

const bodySchema = z.looseObject({
  ...fields,
  input: z.union([z.string(), z.array(message), z.looseObject(fields)]).optional(),
});

export type Message = z.infer<typeof message>;

/** The body of a run, in one form for all accepted spellings. */
export type RunBody = {
  readonly text: string | undefined;
  readonly messages: readonly Message[] | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly stream: boolean;
  /** False: the response is the file itself. */
  readonly json: boolean;
};

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: string };

/** Parses the body of a run: the documented fields, and the alias `input` that the official clients send. */
export function parseRunBody(body: string): Parsed<RunBody> {
  const parsed = parseJson(body, bodySchema);
  if (!parsed.ok) return parsed;
  const { input, ...outer } = parsed.value;
  const inner =
    typeof input === 'string' ? { text: input } : Array.isArray(input) ? { messages: input } : (input ?? {});
  const given = { ...outer, ...inner };
  return {
    ok: true,
    value: {
      text: given.text,
      messages: given.messages,
      params: { ...outer.params, ...given.params },
      stream: given.stream ?? false,
      json: given.json ?? true,
    },
  };
}

/** Parses JSON against a schema; the error is one readable sentence or list. */
export function parseJson<Schema extends z.ZodType>(body: string, schema: Schema): Parsed<z.output<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, error: 'Invalid JSON in the request body' };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, error: z.prettifyError(parsed.error) };
}

/** Returns the prompt: the text, or the text of the last message. */
export function promptOf(body: Pick<RunBody, 'text' | 'messages'>): string | undefined {
  return body.text ?? textOf(body.messages?.at(-1)?.content);
}

function textOf(content: Message['content'] | undefined): string | undefined {
  if (content === undefined || typeof content === 'string') return content;
  return content.map((part) => part.text ?? '').join(' ');
}
