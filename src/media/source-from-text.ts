import { jobKinds, kindTraits } from '../domain/kinds.ts';
import type { MediaSource } from '../domain/media.ts';
import { maxUrlLength } from './connector.ts';

/**
 * The largest answer that may hold a result: every file that can be sent on fits, in base64 (four characters for three
 * bytes), with a megabyte for the JSON around it.
 */
export const inlineResultLimitBytes =
  Math.ceil((4 * Math.max(...jobKinds.map((kind) => kindTraits[kind].maxBytes))) / 3) + 1_000_000;

/** Shorter texts may be words that happen to be valid base64. */
const minBase64Length = 64;
const maxDataHeader = 200;

/**
 * The result that a text stands for: an address, a data URI, or the bytes in base64. Its bytes are judged later, so what a
 * data URI says of its type is not asked. Undefined when it is none of these.
 */
export function sourceFromText(given: string): MediaSource | undefined {
  const text = given.trim();
  if (/^https?:\/\//i.test(text)) return fromUrl(text);
  if (/^data:/i.test(text)) return fromDataUri(text.slice('data:'.length));
  if (text.length < minBase64Length) return undefined;
  const bytes = fromBase64(text);
  // Words between blanks may be base64 by their letters.
  const isWords = /[ \t]/.test(text) && (bytes === undefined || !isMedia(bytes));
  return bytes === undefined || isWords ? undefined : { kind: 'bytes', bytes };
}

/** An address with blanks as many servers write it: they are encoded, as browsers do. */
export function withoutBlanks(url: string): string {
  return url.trim().replaceAll(' ', '%20');
}

function fromUrl(text: string): MediaSource | undefined {
  const url = withoutBlanks(text);
  const isUsable = url.length <= maxUrlLength && !/\s/.test(url) && URL.canParse(url);
  return isUsable ? { kind: 'url', url } : undefined;
}

function fromDataUri(text: string): MediaSource | undefined {
  const comma = text.indexOf(',');
  if (comma < 0 || comma > maxDataHeader) return undefined;
  const content = text.slice(comma + 1);
  const header = text.slice(0, comma);
  const isBase64 = /;\s*base64\s*$/i.test(header);
  // What says of itself that it is a text has to look like a file.
  const mayBeAnything =
    isBase64 && /^\s*(?:;|$|image\/|video\/|audio\/|application\/(?:octet-stream|binary)\b|binary\/)/i.test(header);
  const unescaped = content.includes('%') ? unescapedBytes(content) : Buffer.from(content, 'latin1');
  const bytes = isBase64 || unescaped === undefined || !isMedia(unescaped) ? fromBase64(content) : unescaped;
  return bytes === undefined || !(mayBeAnything || isMedia(bytes)) ? undefined : { kind: 'bytes', bytes };
}

/** Base64 of either alphabet, broken by any white space, perhaps escaped for an address. */
function fromBase64(text: string): Buffer | undefined {
  const plain = text.includes('%')
    ? text.replaceAll(/%(2b|2f|3d|0a|0d|20)/gi, (escape) => decodeURIComponent(escape))
    : text;
  const lines = plain.replaceAll(/[\r\n\t]+|\\[rn]/g, '');
  const joined = lines.replaceAll(' ', '');
  // A form decodes a plus to a blank: then the length fits with the blanks and not without them.
  const isForm = joined.length % 4 !== 0 && lines.trim().length % 4 === 0;
  const digits = (isForm ? lines.trim().replaceAll(' ', '+') : joined).replace(/={1,2}$/, '');
  if (digits === '' || digits.length % 4 === 1 || !/^[\w+/-]+$/.test(digits)) return undefined;
  return Buffer.from(digits, 'base64');
}

function unescapedBytes(text: string): Buffer | undefined {
  return Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/gi, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  );
}

const beginnings = [
  '\x89PNG',
  '\xff\xd8\xff',
  'GIF8',
  'RIFF',
  'OggS',
  'ID3',
  'fLaC',
  '\x1a\x45\xdf\xa3',
  '\xff\x0a',
  'BM',
  'II*\0',
  'MM\0*',
];

/** By the first bytes of the formats that providers make. */
function isMedia(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 12);
  return beginnings.some((beginning) => head.startsWith(beginning)) || /^....(?:ftyp|JXL )/s.test(head);
}
