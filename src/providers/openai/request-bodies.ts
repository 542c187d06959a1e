import type { GenerationRequest, Json } from '../../domain/provider.ts';
import { chatMessages } from '../chat-stream.ts';
import { type FormPart, multipart } from '../http/multipart.ts';
import { dataUri, type InputFile } from '../input-files.ts';
import { withoutTags } from '../live-marks.ts';
import { nearestRatio, sizeFields } from '../picture-size.ts';
import type { ClipRoute, Dialect } from './dialect.ts';

/** A route below the version path, and what is posted to it. */
export type Posted = { readonly path: string; readonly contentType: string; readonly body: string | Uint8Array };

/** As `Posted`, or a path from the root of the server that says everything itself. */
export type Asked = Posted | { readonly fromRoot: string };

type Fields = Readonly<Record<string, Json>>;

/** What is asked for a request of this kind with these pictures; undefined where the server has no route for it. */
export function askedFor(
  request: GenerationRequest,
  inputs: readonly InputFile[],
  dialect: Dialect,
): Asked | undefined {
  const { pictures, edits, speech, music, clips, chat } = dialect;
  switch (request.kind) {
    case 'image':
      return pictures && json(pictures.path, pictureFields(request, dialect));
    case 'edit':
      return edits && editPosted(request, inputs, dialect, edits);
    case 'speech':
      return (
        speech && json(speech.path, 'bodyOf' in speech ? speech.bodyOf(request) : speechFields(request, speech.fields))
      );
    case 'music':
      return music && json(music.path, music.bodyOf(request));
    case 'chat':
      return chat && json(chat.path, chatFields(request, dialect));
    case 'video':
      return clips && { fromRoot: clipPath(request, clips) };
  }
}

/** The fields of a request for a picture: the size only when one was asked for, and none that the model refuses. */
export function pictureFields(request: GenerationRequest, { pictures, readsMarks }: Dialect): Fields {
  const { model, prompt, negative, size, seed, relay } = request;
  const families = pictures?.families ?? [];
  const family = families.find(({ names }) => names?.test(model) ?? true);
  return {
    model,
    prompt: harmless(prompt, readsMarks),
    n: 1,
    ...(family === undefined ? {} : sizeFields(size, family.size)),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: harmless(negative, readsMarks) }),
    ...family?.fields,
    ...relay?.fields,
  };
}

function editPosted(
  request: GenerationRequest,
  files: readonly InputFile[],
  dialect: Dialect,
  { path, inputs: form }: NonNullable<Dialect['edits']>,
): Posted {
  const fields = pictureFields(request, dialect);
  if (form === 'files') {
    const name = files.length > 1 ? 'image[]' : 'image';
    const parts: FormPart[] = [
      ...Object.entries(fields).map(([field, value]) => ({
        name: field,
        text: typeof value === 'string' ? value : JSON.stringify(value),
      })),
      ...files.map(({ bytes, mime }, index) => ({
        name,
        bytes,
        mime,
        fileName: `picture-${index + 1}.${mime.replace(/^.*\//, '')}`,
      })),
    ];
    return { path, ...multipart(parts) };
  }
  const urls = files.map(dataUri);
  const [first = ''] = urls;
  switch (form) {
    case 'image-objects': {
      const objects = urls.map((url) => ({ url, type: 'image_url' }));
      return json(path, { ...fields, ...(objects.length > 1 ? { images: objects } : { image: objects[0] ?? null }) });
    }
    case 'references':
      return json(path, {
        ...fields,
        input_references: urls.map((url) => ({ type: 'image_url', image_url: { url } })),
      });
    case 'image-url':
      return json(path, { ...fields, image_url: first });
  }
}

/** Servers refuse addresses of more than eight thousand characters. */
const maxCodedLength = 6_000;

/** `/image/a%20red%20fox?model=wan&aspectRatio=16%3A9`; words that are too long for an address lose their end. */
function clipPath({ model, prompt, size, seed }: GenerationRequest, { path, ratios, fields }: ClipRoute): string {
  const query = new URLSearchParams({
    model,
    ...(size === undefined ? {} : { aspectRatio: nearestRatio(size, ratios) }),
    ...(seed === undefined ? {} : { seed: String(seed) }),
    ...fields,
  });
  return `${path}${coded(prompt.toWellFormed())}?${query.toString()}`;
}

function coded(words: string): string {
  let all = '';
  for (const sign of words) {
    const next = encodeURIComponent(sign);
    if (all.length + next.length > maxCodedLength) break;
    all += next;
  }
  // Dots alone would be a step up the path.
  return /^\.{1,2}$/.test(all) ? `${all}%20` : all;
}

function speechFields({ model, prompt, relay }: GenerationRequest, fields: Fields = {}): Fields {
  return { model, input: prompt.toWellFormed(), ...fields, ...relay?.fields };
}

function chatFields(request: GenerationRequest, { chat, readsMarks }: Dialect): Fields {
  const clean = (text: string) => (readsMarks === true ? text.replaceAll('<|', '< |') : text).toWellFormed();
  return { model: request.model, messages: chatMessages(request, clean), stream: true, ...chat?.fields };
}

function harmless(words: string, readsMarks: true | undefined): string {
  return readsMarks === true ? withoutTags(words) : words.toWellFormed();
}

function json(path: string, fields: Fields): Posted {
  return { path, contentType: 'application/json', body: JSON.stringify(fields) };
}
