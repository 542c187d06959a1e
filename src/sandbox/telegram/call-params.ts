import { badRequest } from './api-error.ts';

export type UploadedFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** The arguments of one call. As on the real server every value is text first, whatever body it came in. */
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

  /** The text of a value; empty when it was not given. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** The whole number of a value; `fallback` when it was not given or is none. */
  integer(name: string, fallback = 0): number {
    const text = this.text(name).trim();
    return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : fallback;
  }

  flag(name: string): boolean {
    return ['true', '1', 'yes'].includes(this.text(name).trim().toLowerCase());
  }

  /** The parsed JSON of a value; undefined when it was not given or is empty. */
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

  /** What is kept of the call: numbers and JSON as such, files by name and size. */
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

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
