import type { GenerationRequest, Json } from '../../domain/provider.ts';
import { chatMessages } from '../chat-stream.ts';
import { type FormPart, multipart } from '../http/multipart.ts';
import type { InputFile } from '../input-files.ts';
import { withoutTags } from '../live-marks.ts';
import type { Dialect } from './dialect.ts';
import { sizeFields } from '../picture-size.ts';

/** A route, and what is posted to it. */
export type Posted = { readonly path: string; readonly contentType: string; readonly body: string | Uint8Array };

type Fields = Readonly<Record<string, Json>>;

/** What is posted for a request of this kind with these pictures; undefined where the server has no route for it. */
export function postedFor(
  request: GenerationRequest,
  inputs: readonly InputFile[],
  dialect: Dialect,
): Posted | undefined {
  const { pictures, edits, speech, chat } = dialect;
  switch (request.kind) {
    case 'image':
      return pictures && json(pictures.path, pictureFields(request, dialect));
    case 'edit':
      return edits && editPosted(request, inputs, dialect, edits);
    case 'speech':
      return speech && json(speech.path, speechFields(request, speech.fields));
    case 'chat':
      return chat && json(chat.path, chatFields(request, dialect));
    case 'video':
    case 'music':
      return undefined;
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
  const urls = files.map(dataUrl);
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

function dataUrl({ mime, bytes }: InputFile): string {
  return `data:${mime};base64,${bytes.toString('base64')}`;
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
