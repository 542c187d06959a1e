import type { Secret } from '../../kit/secret.ts';
import { MultiPatternSearch } from './multi-pattern-search.ts';

/** A coded form shorter than this would be found in innocent text. */
const shortestCodedForm = 8;
/** The end of a long secret is hidden on its own too: other programs shorten keys to it. */
const endLength = 8;
const shortestWithEnd = 16;

/** The ways in which a secret may stand in a text: itself first, then coded for URLs, JSON, HTML, base64 and hex. */
export function secretForms(secret: string): readonly string[] {
  const url = encodeURIComponent(secret.toWellFormed());
  const strictUrl = url.replace(/[!'()*]/g, percentCode);
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString('hex');
  const percents = hex.replace(/../g, '%$&');
  const coded = [
    ...[
      url,
      strictUrl,
      new URLSearchParams({ '': secret }).toString().slice(1),
      encodeURI(secret.toWellFormed()),
    ].flatMap(bothCases),
    ...bothCases(encodeURIComponent(url)),
    json,
    JSON.stringify(json).slice(1, -1),
    htmlCoded(secret),
    hex,
    hex.toUpperCase(),
    percents,
    percents.toUpperCase(),
    ...base64Forms(secret),
    ...(secret.length >= shortestWithEnd ? [secret.slice(-endLength)] : []),
  ];
  return [secret, ...coded.filter((form) => form.length >= shortestCodedForm)];
}

function percentCode(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

function bothCases(url: string): readonly string[] {
  return [url, url.replace(/%(?:25)?[0-9A-F]{2}/g, (code) => code.toLowerCase())];
}

function htmlCoded(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Base64 of the secret alone, and the letters that stay the same when it begins at any place of something longer. */
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
  /** The text with every known secret, in whatever coding, and everything shaped like a bot token taken out. */
  redact(text: string): string;
  /** From now on these are taken out too. */
  add(secrets: readonly Secret[]): void;
};

export const redacted = '[redacted]';

const tokenShape = /\d{6,12}(?::|%3a|%253a)[A-Za-z0-9_-]{30,}/gi;
const tokenInUrl = /\bbot\d+(?::|%3a|%253a)[A-Za-z0-9_-]+/gi;

/** Whatever has one of these shapes has this in it: most texts are looked at once instead of twice. */
const tokenMiddle = /\d(?::|%3a|%253a)[A-Za-z0-9_-]/i;

/** Takes out what has the shape of a bot token, known or not. */
export function hideTokens(text: string): string {
  if (!tokenMiddle.test(text)) return text;
  return text.replace(tokenShape, redacted).replace(tokenInUrl, `bot${redacted}`);
}

/** Never forgets a secret; those under four characters are not looked for, they would be everywhere. */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  const forms = new MultiPatternSearch();
  const add = (more: readonly Secret[]) => {
    forms.add(more.flatMap((secret) => secretForms(secret.reveal())));
  };
  add(secrets);
  return { redact: (text) => hideTokens(hideForms(text, forms)), add };
}

/** One pass over the text, however many secrets there are. */
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
 * What makes the texts of a JSON line other ones than they look: an escape, or a control character, which would have to
 * go. In a line without either every text stands as it is, so where nothing is found in the line there is nothing in it.
 */
const needsCare = /[\\\x00-\x09\x0b-\x1f\x7f-\x9f]|\n(?!$)/;

/** One JSON line with every name and text in it redacted and free of control characters; it stays valid JSON. */
export function redactLine(line: string, redactor: Redactor): string {
  if (!needsCare.test(line) && redactor.redact(line) === line) return line;
  const end = line.endsWith('\n') ? '\n' : '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `${JSON.stringify({ level: 50, msg: clean(line.trimEnd(), redactor) })}${end}`;
  }
  return `${JSON.stringify(redactValue(value, redactor))}${end}`;
}

// Redacting the line as text could cut an escape sequence in two, or hit a number that only looks like a secret.
function redactValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return clean(value, redactor);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [clean(name, redactor), redactValue(item, redactor)]),
  );
}

/** Control characters go first: one in the middle of a secret would hide it. */
function clean(text: string, redactor: Redactor): string {
  return redactor.redact(text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ''));
}
