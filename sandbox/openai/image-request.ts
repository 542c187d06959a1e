import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';

export type ImageRequest = {
  readonly model: string;
  readonly prompt: string;
  readonly size: string;
  readonly n: number;
  readonly responseFormat: string | undefined;
};

type ParsedRequest =
  | { readonly ok: true; readonly value: ImageRequest }
  | { readonly ok: false; readonly reply: StandInReply };

/** An error in the format of OpenAI. */
export function openAiError(
  status: number,
  message: string,
  { type = 'invalid_request_error', param = null, code = null }: ErrorFacts = {},
  headers: Readonly<Record<string, string>> = {},
): StandInReply {
  return jsonReply(status, { error: { message, type, param, code } }, headers);
}

export type ErrorFacts = {
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
};

const gptFields = [
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'background',
  'moderation',
  'output_format',
  'output_compression',
  'complexity',
  'safety_identifier',
  'user',
] as const;
const dallEFields = ['model', 'prompt', 'n', 'size', 'quality', 'response_format', 'style', 'user'] as const;

const maxPixels = 3_840 * 2_160;

/** Parses the body of a request for a picture; one that is wrong gets the answer of OpenAI's own validation. */
export function parseImageRequest(body: string, models: readonly string[]): ParsedRequest {
  const fields = objectOf(body);
  if (fields === undefined) return bad('We could not parse the JSON body of your request.');
  const model = fields.get('model');
  if (typeof model !== 'string') return missing('model');
  if (!models.includes(model)) {
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    return { ok: false, reply: openAiError(404, message, { code: 'model_not_found' }) };
  }
  const isDallE = model.startsWith('dall-e');
  const known: readonly string[] = isDallE ? dallEFields : gptFields;
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) return bad(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  const prompt = fields.get('prompt');
  if (typeof prompt !== 'string' || prompt === '') return missing('prompt');
  if (prompt.length > 32_000) {
    return bad("Invalid 'prompt': string too long.", 'prompt', 'string_above_max_length');
  }
  const n = fields.get('n') ?? 1;
  if (typeof n !== 'number' || !Number.isInteger(n)) {
    return bad("Invalid type for 'n': expected an integer.", 'n', 'invalid_type');
  }
  if (n < 1 || n > 10) return bad("Invalid 'n': expected a value from 1 to 10.", 'n', 'integer_above_max_value');
  const size = fields.get('size') ?? 'auto';
  if (typeof size !== 'string') return bad("Invalid type for 'size': expected a string.", 'size', 'invalid_type');
  if (!isSizeOf(model, size)) {
    return bad(`Invalid value: '${size}'. Supported values are: ${sizesOf(model)}.`, 'size', 'invalid_value');
  }
  const format = fields.get('response_format');
  const responseFormat = typeof format === 'string' ? format : undefined;
  return { ok: true, value: { model, prompt, n, size, responseFormat } };
}

const oldSizes = ['1024x1024', '1536x1024', '1024x1536', 'auto'] as const;

function fixedSizes(model: string): readonly string[] | undefined {
  if (model.startsWith('dall-e-2')) return ['256x256', '512x512', '1024x1024'];
  if (model.startsWith('dall-e-3')) return ['1024x1024', '1792x1024', '1024x1792'];
  return /^(?:gpt-image-1|chatgpt-image)/.test(model) ? oldSizes : undefined;
}

function sizesOf(model: string): string {
  return (fixedSizes(model) ?? oldSizes).map((size) => `'${size}'`).join(', ');
}

function isSizeOf(model: string, size: string): boolean {
  const fixed = fixedSizes(model);
  if (fixed !== undefined) return fixed.includes(size) || (size === 'auto' && model.startsWith('dall-e'));
  if (size === 'auto') return true;
  const [, wide = '0', high = '0'] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  const [width, height] = [Number(wide), Number(high)];
  const isStepped = width > 0 && height > 0 && width % 16 === 0 && height % 16 === 0;
  return isStepped && width <= 3 * height && height <= 3 * width && width * height <= maxPixels;
}

function objectOf(body: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function missing(name: string): ParsedRequest {
  return bad(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
}

function bad(message: string, param: string | null = null, code: string | null = null): ParsedRequest {
  return { ok: false, reply: openAiError(400, message, { param, code }) };
}
