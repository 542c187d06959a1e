import type { StandInReply, StandInRequest } from '../http/stand-in-server.ts';
import type { ServerShape } from './server-shape.ts';

/** A request that is well formed, or the answer to one that is not. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reply: StandInReply };

export type Picture = {
  readonly model: string;
  readonly prompt: string;
  readonly width: number;
  readonly height: number;
};

type Fields = ReadonlyMap<string, unknown>;

/** Reads a body of JSON with a model that is served, and none but these fields. */
export function readFields(
  body: string,
  known: readonly string[],
  models: readonly string[],
  shape: ServerShape,
): Read<Fields> {
  const refused = (status: number, message: string, code: string | null = null, param: string | null = null) =>
    ({ ok: false, reply: shape.error(status, message, { code, param }) }) as const;
  const fields = objectOf(body);
  if (fields === undefined) return refused(400, 'We could not parse the JSON body of your request.');
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) return refused(400, `Unknown parameter: '${unknown}'.`, 'unknown_parameter', unknown);
  const model = fields.get('model');
  if (typeof model !== 'string') {
    return refused(400, "Missing required parameter: 'model'.", 'missing_required_parameter', 'model');
  }
  if (!models.includes(model)) return refused(404, `The model \`${model}\` does not exist.`, 'model_not_found');
  return { ok: true, value: fields };
}

/** Reads a request for a picture of a server that names its fields; sizes are checked in the form that it takes. */
export function readPicture(
  body: string,
  more: readonly string[],
  models: readonly string[],
  shape: ServerShape,
): Read<Picture & { readonly fields: Fields }> {
  const known = ['model', 'prompt', ...(shape.pictureFields === 'openai' ? [] : shape.pictureFields), ...more];
  const read = readFields(body, known, models, shape);
  if (!read.ok) return read;
  const fields = read.value;
  const prompt = fields.get('prompt');
  const bad = (name: string) =>
    ({ ok: false, reply: shape.error(400, `Invalid value for '${name}'.`, { param: name }) }) as const;
  if (typeof prompt !== 'string' || prompt === '') return bad('prompt');
  if ((fields.get('n') ?? 1) !== 1) return bad('n');
  const [width, height] = sizeOf(fields);
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 64 || height < 64) return bad('size');
  return { ok: true, value: { model: String(fields.get('model')), prompt, width, height, fields } };
}

function sizeOf(fields: Fields): readonly [number, number] {
  const size = fields.get('size');
  const ratio = fields.get('aspect_ratio');
  if (typeof size === 'string') {
    const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
    return [Number(width), Number(height)];
  }
  if (typeof ratio === 'string') {
    const [, wide, high] = /^(\d{1,2}):(\d{1,2})$/.exec(ratio) ?? [];
    return [Number(wide) * 64, Number(high) * 64];
  }
  return [Number(fields.get('width') ?? 1_024), Number(fields.get('height') ?? 1_024)];
}

/** The pictures that are sent along, in the form that the server takes; undefined where there is none. */
export function picturesIn(fields: Fields, form: ServerShape['editsAs']): readonly string[] | undefined {
  const urls = (list: unknown, urlOf: (item: Fields) => unknown) =>
    Array.isArray(list) ? list.map((item) => urlOf(asMap(item))) : [];
  const found =
    form === 'image_url'
      ? [fields.get('image_url')]
      : form === 'image'
        ? fields.has('images')
          ? urls(fields.get('images'), (item) => item.get('url'))
          : [asMap(fields.get('image')).get('url')]
        : urls(fields.get('input_references'), (item) => asMap(item.get('image_url')).get('url'));
  const isFine = found.length > 0 && found.every((url) => /^data:image\/\w+;base64,\S+$/.test(String(url)));
  return isFine ? found.map(String) : undefined;
}

/** The words and files of a form; undefined where it cannot be read. */
export async function readForm(
  asked: StandInRequest,
): Promise<{ readonly words: Readonly<Record<string, string>>; readonly files: readonly Uint8Array[] } | undefined> {
  const type = asked.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return undefined;
  try {
    const form = await new Response(new Uint8Array(asked.bytes), { headers: { 'content-type': type } }).formData();
    const words: Record<string, string> = {};
    const files: Uint8Array[] = [];
    for (const [name, value] of form) {
      if (typeof value === 'string') words[name] = value;
      else if (name === 'image' || name === 'image[]') files.push(await value.bytes());
    }
    return { words, files };
  } catch {
    return undefined;
  }
}

function asMap(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

/** The fields of a body of JSON; undefined where it holds no object. */
export function objectOf(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? asMap(value) : undefined;
  } catch {
    return undefined;
  }
}
