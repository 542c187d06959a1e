import type { Secret } from '../../kit/secret.ts';
import { MultiPatternSearch } from './multi-pattern-search.ts';

/** A shorter encoded form would match ordinary text. */
const minEncodedLength = 8;
/** The end of a long secret is redacted on its own too: other programs abbreviate keys to it. */
const endLength = 8;
const minLengthWithEnd = 16;

/** The forms in which a secret may occur in a text: itself, then encoded for URLs, JSON, HTML, base64 and hex. */
export function secretForms(secret: string): readonly string[] {
  const url = encodeURIComponent(secret.toWellFormed());
  const strictUrl = url.replace(/[!'()*]/g, percentCode);
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString('hex');
  const percents = hex.replace(/../g, '%$&');
  const encoded = [
    ...[
      url,
      strictUrl,
      new URLSearchParams({ '': secret }).toString().slice(1),
      encodeURI(secret.toWellFormed()),
    ].flatMap(bothCases),
    ...bothCases(encodeURIComponent(url)),
    json,
    JSON.stringify(json).slice(1, -1),
    htmlEncoded(secret),
    hex,
    hex.toUpperCase(),
    percents,
    percents.toUpperCase(),
    ...base64Forms(secret),
    ...(secret.length >= minLengthWithEnd ? [secret.slice(-endLength)] : []),
  ];
  return [secret, ...encoded.filter((form) => form.length >= minEncodedLength)];
}

function percentCode(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

function bothCases(url: string): readonly string[] {
  return [url, url.replace(/%(?:25)?[0-9A-F]{2}/g, (code) => code.toLowerCase())];
}

function htmlEncoded(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Base64 of the secret alone, and the letters that are the same at every offset within a longer text. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const alone = bytes.toString('base64');
  const inside = [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return coded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [alone, alone.replace(/={1,2}$/, ''), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

export type Redactor = {
  /** The text without any known secret, in any encoding, and without anything shaped like a bot token. */
  redact(text: string): string;
  /** Adds secrets to redact. */
  add(secrets: readonly Secret[]): void;
};

export const redacted = '[redacted]';

const tokenShape = /\d{6,12}(?::|%3a|%253a)[A-Za-z0-9_-]{30,}/gi;
const tokenInUrl = /\bbot\d+(?::|%3a|%253a)[A-Za-z0-9_-]+/gi;

/** Part of both shapes above: most texts are searched once instead of twice. */
const tokenMiddle = /\d(?::|%3a|%253a)[A-Za-z0-9_-]/i;

/** Redacts everything shaped like a bot token, known or not. */
export function hideTokens(text: string): string {
  if (!tokenMiddle.test(text)) return text;
  return text.replace(tokenShape, redacted).replace(tokenInUrl, `bot${redacted}`);
}

/** A redactor of these secrets; those under four characters are ignored, as they would match ordinary text. */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  const forms = new MultiPatternSearch();
  const add = (more: readonly Secret[]) => {
    forms.add(more.flatMap((secret) => secretForms(secret.reveal())));
  };
  add(secrets);
  return { redact: (text) => hideTokens(hideForms(text, forms)), add };
}

/** One pass over the text for all secrets. */
function hideForms(text: string, forms: MultiPatternSearch): string {
  let result = '';
  let keptFrom = 0;
  for (;;) {
    const found = forms.findIn(text, keptFrom);
    if (found === undefined) return keptFrom === 0 ? text : result + text.slice(keptFrom);
    result += text.slice(keptFrom, found.at) + redacted;
    keptFrom = found.at + found.form.length;
  }
}

/**
 * An escape or a control character, which make a text differ from its JSON form. In a line without either, every text is
 * literal, so a search of the line covers its texts.
 */
const needsParsing = /[\\\x00-\x09\x0b-\x1f\x7f-\x9f]|\n(?!$)/;

/** One JSON line with every name and text in it redacted and free of control characters; it stays valid JSON. */
export function redactLine(line: string, redactor: Redactor): string {
  if (!needsParsing.test(line) && redactor.redact(line) === line) return line;
  const end = line.endsWith('\n') ? '\n' : '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `${JSON.stringify({ level: 50, msg: clean(line.trimEnd(), redactor) })}${end}`;
  }
  return `${JSON.stringify(redactValue(value, redactor))}${end}`;
}

// Redacting the raw line could cut an escape sequence in two, or match a number that looks like a secret.
function redactValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return clean(value, redactor);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [clean(name, redactor), redactValue(item, redactor)]),
  );
}

/** Control characters are removed first: one in the middle of a secret would hide it. */
function clean(text: string, redactor: Redactor): string {
  return redactor.redact(text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ''));
}
