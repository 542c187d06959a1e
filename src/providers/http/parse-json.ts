export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

const deepest = 64;
const mostValues = 100_000;

/** Reads foreign JSON without letting its shape hurt: strict UTF-8, bounded depth, bounded number of values. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, why: 'not UTF-8' };
  }
  if (text.trim() === '') return { ok: false, why: 'empty' };
  if (!isModest(text)) return { ok: false, why: 'JSON too deep or with too many values' };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, why: isHtml(text) ? 'an HTML page' : 'not JSON' };
  }
}

export function isHtml(text: string): boolean {
  return /^\s*(?:<!--[^]{0,500}?-->\s*)?<(?:!doctype|html|head|body|center|title|h1)\b/i.test(text.slice(0, 1000));
}

/** Own, enumerable fields of a JSON object; undefined for everything else. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

function isModest(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index);
    } else if (character === '{' || character === '[') {
      depth += 1;
      values += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    } else if (character === ',') {
      values += 1;
    }
    if (depth > deepest || values > mostValues) return false;
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}
