import { z } from 'zod';
import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';

const address = z.string().regex(/^(?:https?:\/\/|data:image\/[\w.+-]+;base64,[\w+/=]+$)/, 'is not a URL');
const side = z.int().min(64).max(14_142);
const names = ['square_hd', 'square', 'portrait_4_3', 'portrait_16_9', 'landscape_4_3', 'landscape_16_9'] as const;

const words = z.string().min(1);
const schema = z.looseObject({
  prompt: words.optional(),
  text: words.optional(),
  num_images: z.int().min(1).max(4).default(1),
  image_size: z.union([z.enum(names), z.object({ width: side, height: side })]).optional(),
  seed: z.int().min(0).optional(),
  negative_prompt: z.string().optional(),
  image_url: address.optional(),
  image_urls: z.array(address).min(1).max(10).optional(),
});

export type FalInput = z.output<typeof schema>;

type ParsedInput =
  | { readonly ok: true; readonly value: FalInput; readonly words: string }
  | { readonly ok: false; readonly reply: StandInReply };

/** An error of the platform: `{detail}`, with the type beside it where fal names one. */
export function falError(status: number, detail: string, errorType?: string): StandInReply {
  const type = errorType === undefined ? {} : { error_type: errorType };
  return jsonReply(status, { detail, ...type }, errorType === undefined ? {} : { 'x-fal-error-type': errorType });
}

/** An error of a model: a list of what is wrong and where. */
export function modelError(type: string, msg: string, loc: readonly (string | number)[]): StandInReply {
  const url = `https://docs.fal.ai/errors#${type}`;
  return jsonReply(422, { detail: [{ loc, msg, type, url }] }, { 'x-fal-retryable': 'false' });
}

/** Parses the body of a run; one that is wrong gets the answer of the model's own validation. */
export function parseFalInput(body: string, needsPicture: boolean, takesText: boolean): ParsedInput {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, reply: modelError('json_invalid', 'JSON decode error', ['body', 0]) };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part)));
    const isMissing = issue?.code === 'invalid_type' && issue.message.includes('undefined');
    const type = isMissing ? 'missing' : 'value_error';
    return {
      ok: false,
      reply: modelError(type, isMissing ? 'Field required' : (issue?.message ?? ''), ['body', ...path]),
    };
  }
  const [field, other] = takesText ? (['text', 'prompt'] as const) : (['prompt', 'text'] as const);
  if (parsed.data[field] === undefined || parsed.data[other] !== undefined) {
    return { ok: false, reply: modelError('missing', 'Field required', ['body', field]) };
  }
  if (needsPicture && parsed.data.image_url === undefined && parsed.data.image_urls === undefined) {
    return { ok: false, reply: modelError('missing', 'Field required', ['body', 'image_url']) };
  }
  return { ok: true, value: parsed.data, words: parsed.data[field] };
}
