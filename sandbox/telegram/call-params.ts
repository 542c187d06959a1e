import { badRequest, ApiError, tooLarge } from './api-error.ts';
import type { IncomingMessage } from 'node:http';
import { limits } from './limits.ts';

export type UploadedFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** The parameters of one call. As on the real server, every value is text first, in whatever body it was sent. */
export class CallParams {
  readonly #values: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, UploadedFile>;

  constructor(values: ReadonlyMap<string, string>, files: ReadonlyMap<string, UploadedFile> = new Map()) {
    for (const value of values.values()) {
      if (!value.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
    }
    this.#values = values;
    this.files = files;
  }

  has(name: string): boolean {
    return this.#values.has(name) || this.files.has(name);
  }

  /** Returns the text of a value, empty when it was not given. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** Returns a value as an integer, `fallback` when it was not given or is not one. */
  integer(name: string, fallback = 0): number {
    const text = this.text(name).trim();
    return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : fallback;
  }

  flag(name: string): boolean {
    return ['true', '1', 'yes'].includes(this.text(name).trim().toLowerCase());
  }

  /** Returns the parsed JSON of a value, undefined when it was not given or is empty; throws 400 for broken JSON. */
  json(name: string, what = name): unknown {
    const text = this.text(name).trim();
    if (text === '' || text === 'null') return undefined;
    try {
      return wellFormed(JSON.parse(text));
    } catch (error) {
      if (error instanceof SyntaxError) throw badRequest(`can't parse ${what} JSON object`);
      throw error;
    }
  }

  /** Returns the parameters for the record of calls: numbers and JSON parsed, files as name and size. */
  record(): Readonly<Record<string, unknown>> {
    const shown: Record<string, unknown> = {};
    for (const [name, value] of this.#values) shown[name] = shownValue(name, value);
    for (const [name, file] of this.files) shown[name] = { name: file.name, bytes: file.bytes.byteLength };
    return shown;
  }
}

const numericNames = new Set(['chat_id', 'message_id', 'message_thread_id', 'user_id', 'offset', 'limit', 'timeout']);
const freeTextNames = new Set(['text', 'caption', 'name', 'description', 'short_description']);

function shownValue(name: string, value: string): unknown {
  if (numericNames.has(name) && /^-?\d{1,16}$/.test(value)) return Number(value);
  if (freeTextNames.has(name) || !/^(?:[[{].*|true|false)$/s.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string' && !value.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
  if (Array.isArray(value)) value.forEach(wellFormed);
  else if (isObject(value)) Object.values(value).forEach(wellFormed);
  return value;
}

/** True for a plain object, not for null or an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** For the fields and separators beside the largest allowed file. */
const envelopeBytes = 2 ** 20;

/** Reads the query and the body (JSON, urlencoded or multipart) of one call. Of a name given twice, the body wins. */
export async function readParams(request: IncomingMessage, url: URL): Promise<CallParams> {
  const values = new Map<string, string>(url.searchParams);
  const body = await readBody(request);
  const type = request.headers['content-type'] ?? '';
  const files = new Map<string, UploadedFile>();
  if (body.byteLength > 0) {
    if (/^application\/json/i.test(type)) readJson(body, values);
    else if (/^application\/x-www-form-urlencoded/i.test(type)) {
      for (const [name, value] of new URLSearchParams(body.toString('utf8'))) values.set(name, value);
    } else if (/^multipart\/form-data/i.test(type)) await readForm(body, type, values, files);
  }
  return new CallParams(values, files);
}

/** Reads a body over the limit to its end and discards it, so that the client gets the 413 instead of a reset. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= limits.uploadBytes + envelopeBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (sizeBytes > limits.uploadBytes + envelopeBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

function readJson(body: Buffer, values: Map<string, string>): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest("can't parse JSON object");
  }
  if (!isObject(parsed)) throw badRequest('object expected');
  for (const [name, value] of Object.entries(parsed)) {
    if (value !== null) values.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

async function readForm(
  body: Buffer,
  type: string,
  values: Map<string, string>,
  files: Map<string, UploadedFile>,
): Promise<void> {
  let form: FormData;
  try {
    const headers = { 'content-type': type };
    form = await new Request('http://sandbox/', { method: 'POST', headers, body: new Uint8Array(body) }).formData();
  } catch {
    throw new ApiError(400, "Bad Request: can't parse multipart form data");
  }
  for (const [name, value] of form) {
    if (typeof value === 'string') values.set(name, value);
    else files.set(name, { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  for (const file of files.values()) if (file.bytes.byteLength > limits.uploadBytes) throw tooLarge();
}
