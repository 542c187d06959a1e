import { z } from 'zod';
import { type Aspect, aspects } from '../../domain/job.ts';
import type { Json } from '../../domain/provider.ts';
import { mistakeIn } from './chat-request.ts';
import { type JsonObject, parseObject, type Read, refused } from './read-body.ts';
import { badRequest } from './refusal.ts';
import { maxPictures, type SentPicture } from './sent-pictures.ts';
import { isSpeechFormat, type SpeechFormat, speechFormats } from './speech-format.ts';

/** A request for pictures or speech. */
export type MediaRequest = {
  readonly model: string | undefined;
  readonly prompt: string;
  /** The shape that was asked for, where it is one that every provider knows. */
  readonly aspect?: Aspect;
  /** The pictures to change. */
  readonly pictures?: readonly SentPicture[];
  /** Pictures are answered as links and not in base64. */
  readonly asLink?: true;
  /** The format of the speech that was asked for. */
  readonly format?: SpeechFormat;
  /** What is said besides the prompt, for providers that speak OpenAI's language. */
  readonly fields: JsonObject;
  /** The first parameter that only such a provider can follow. */
  readonly onlyRelayed: string | undefined;
};

const model = z.string().min(1).max(200).nullish();
const prompt = z.string().min(1).max(32_000);

const imageSchema = z.looseObject({
  model,
  prompt,
  n: z.union([z.number().int().min(1).max(10), z.string().regex(/^(?:[1-9]|10)$/)]).nullish(),
  size: z.string().max(20).nullish(),
  response_format: z.string().max(20).nullish(),
});

/** Reads `POST /v1/images/generations`. */
export function readImage(body: JsonObject): Read<MediaRequest> {
  return readPicture(body, {});
}

function readPicture(body: JsonObject, more: Pick<MediaRequest, 'pictures'>): Read<MediaRequest> {
  const parsed = imageSchema.safeParse(body);
  if (!parsed.success) return refused(mistakeIn(parsed.error));
  const { data } = parsed;
  const { response_format: format = null, size = null, n = null } = data;
  if (format !== null && format !== 'b64_json' && format !== 'url') {
    return refused(badRequest('Pictures are answered as b64_json or url', 'response_format'));
  }
  const streamed = ['stream', 'partial_images'].find((name) => (body[name] ?? null) !== null && body[name] !== false);
  if (streamed !== undefined)
    return refused(badRequest('Pictures are not streamed', streamed, 'unsupported_parameter'));
  const { model: _model, prompt: _prompt, response_format: _format, n: _n, stream: _stream, ...others } = body;
  const isOne = n === null || Number(n) === 1;
  const fields = said({ ...others, ...(isOne ? {} : { n: Number(n) }) });
  const aspect = size === null || size === 'auto' ? undefined : aspectOf(size);
  const onlyRelayed = Object.keys(fields).find((name) => name !== 'size' || (size !== 'auto' && aspect === undefined));
  return {
    ok: true,
    value: {
      model: data.model ?? undefined,
      prompt: data.prompt,
      ...(aspect === undefined ? {} : { aspect }),
      ...more,
      ...(format === 'url' ? { asLink: true } : {}),
      fields,
      onlyRelayed,
    },
  };
}

/** Reads `POST /v1/images/edits`: a form with `image` or `image[]`, or JSON with `images`. */
export async function readEdit(contentType: string, bytes: Uint8Array): Promise<Read<MediaRequest>> {
  if (/^application\/json\b/i.test(contentType)) {
    const body = parseObject(bytes);
    return body.ok ? readNamedPictures(body.value) : body;
  }
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    const message = 'Send the pictures as multipart/form-data, or their addresses as application/json';
    return refused(badRequest(message, undefined, 'invalid_content_type'));
  }
  let form: FormData;
  try {
    form = await new Response(Uint8Array.from(bytes), { headers: { 'content-type': contentType } }).formData();
  } catch {
    return refused(badRequest('The form cannot be read', undefined, 'invalid_form'));
  }
  const pictures: Uint8Array[] = [];
  const words: Record<string, Json> = {};
  for (const [name, value] of form.entries()) {
    if (typeof value !== 'string') {
      if (name !== 'image' && name !== 'image[]') {
        return refused(
          badRequest(`A file ${name.slice(0, 40)} is not taken`, name.slice(0, 40), 'unsupported_parameter'),
        );
      }
      pictures.push(new Uint8Array(await value.arrayBuffer()));
    } else if (Object.hasOwn(words, name)) return refused(badRequest('A field comes twice', name.slice(0, 100)));
    else Object.defineProperty(words, name, { value, enumerable: true });
  }
  if (pictures.length === 0)
    return refused(badRequest('The picture to change is missing', 'image', 'missing_required_parameter'));
  if (pictures.length > maxPictures) return refused(badRequest(`At most ${maxPictures} pictures are taken`, 'image'));
  return readPicture(words, { pictures });
}

const namedSchema = z.looseObject({
  images: z
    .array(z.object({ image_url: z.string().max(30_000_000) }))
    .min(1)
    .max(maxPictures),
});

/** `images: [{image_url}]`: data as it is, other addresses to be fetched. */
function readNamedPictures(body: JsonObject): Read<MediaRequest> {
  const parsed = namedSchema.safeParse(body);
  if (!parsed.success) return refused(mistakeIn(parsed.error));
  const { images: _images, ...words } = body;
  const pictures = parsed.data.images.map(({ image_url: url }): SentPicture => {
    const coded = /^data:image\/[\w.+-]{1,40};base64,/i.exec(url)?.[0];
    return coded === undefined ? { url } : new Uint8Array(Buffer.from(url.slice(coded.length), 'base64'));
  });
  return readPicture(words, { pictures });
}

const speechSchema = z.looseObject({
  model,
  input: prompt,
  response_format: z.string().max(20).nullish(),
  voice: z.string().max(200).nullish(),
  stream_format: z.string().max(20).nullish(),
});

/** Reads `POST /v1/audio/speech`. The voice `auto` is the provider's own. */
export function readSpeech(body: JsonObject): Read<MediaRequest> {
  const parsed = speechSchema.safeParse(body);
  if (!parsed.success) return refused(mistakeIn(parsed.error));
  const { data } = parsed;
  if ((data.stream_format ?? 'audio') !== 'audio') {
    return refused(badRequest('Speech is answered whole', 'stream_format', 'unsupported_parameter'));
  }
  const { model: _model, input: _input, stream_format: _stream, response_format: _format, voice, ...others } = body;
  const format = data.response_format ?? undefined;
  if (format !== undefined && !isSpeechFormat(format)) {
    const known = Object.keys(speechFormats).join(', ');
    return refused(badRequest(`Speech is answered as one of ${known}`, 'response_format'));
  }
  const fields = said({ ...others, ...(voice === 'auto' || voice === undefined ? {} : { voice }) });
  return {
    ok: true,
    value: {
      model: data.model ?? undefined,
      prompt: data.input,
      ...(format === undefined ? {} : { format }),
      fields,
      onlyRelayed: Object.keys(fields)[0],
    },
  };
}

/** Without the fields that say nothing. */
function said(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The shape of a size in pixels, where it is one of those that people may ask for. */
function aspectOf(size: string): Aspect | undefined {
  const [, width, height] = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/.exec(size) ?? [];
  if (width === undefined || height === undefined) return undefined;
  const ratio = Number(width) / Number(height);
  return aspects.find((aspect) => {
    const [across = 1, down = 1] = aspect.split(':').map(Number);
    return Math.abs(ratio - across / down) < 0.01;
  });
}
