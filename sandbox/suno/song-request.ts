import { z } from 'zod';

const models = ['V3_5', 'V4', 'V4_5', 'V4_5PLUS', 'V4_5ALL', 'V5', 'V5_5'] as const;

const schema = z.looseObject({
  customMode: z.boolean(),
  instrumental: z.boolean(),
  model: z.enum(models),
  callBackUrl: z.url(),
  prompt: z.string().optional(),
  style: z.string().optional(),
  title: z.string().optional(),
  negativeTags: z.string().optional(),
  vocalGender: z.enum(['m', 'f']).optional(),
});

export type SongRequest = z.output<typeof schema>;

export type ReadSong =
  | { readonly ok: true; readonly value: SongRequest }
  | { readonly ok: false; readonly code: 400 | 413; readonly msg: string };

/** Reads the body of `POST /generate` as strictly as the service documents it. */
export function readSong(body: string): ReadSong {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, code: 400, msg: 'The request body is not JSON' };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [field = 'body'] = parsed.error.issues.map(({ path }) => path.join('.'));
    const msg = field === 'callBackUrl' ? 'Please enter callBackUrl.' : `Invalid parameter: ${field}`;
    return { ok: false, code: 400, msg };
  }
  const missing = missingIn(parsed.data);
  if (missing !== undefined) return { ok: false, code: 400, msg: `${missing} is required` };
  const tooLong = tooLongIn(parsed.data);
  if (tooLong !== undefined) return { ok: false, code: 413, msg: `The ${tooLong} is too long` };
  return { ok: true, value: parsed.data };
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

function missingIn({ customMode, instrumental, prompt, style, title }: SongRequest): string | undefined {
  if (!customMode) return isBlank(prompt) ? 'prompt' : undefined;
  if (isBlank(style)) return 'style';
  if (isBlank(title)) return 'title';
  return !instrumental && isBlank(prompt) ? 'prompt' : undefined;
}

function tooLongIn({ customMode, model, prompt = '', style = '', title = '' }: SongRequest): string | undefined {
  const isOld = model === 'V4' || model === 'V3_5';
  if (!customMode) return prompt.length > 500 ? 'prompt' : undefined;
  if (prompt.length > (isOld ? 3_000 : 5_000)) return 'prompt';
  if (style.length > (isOld ? 200 : 1_000)) return 'style';
  return title.length > 80 ? 'title' : undefined;
}
