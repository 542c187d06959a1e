/** This many consecutive letters and digits are the person's words, not a coincidence in the provider's. */
const longestPiece = 20;
/** Providers speak English: a few letters of another script say whose they are. */
const longestForeignPiece = 8;
const shortestPiece = 6;
/** Shorter prompts would tear holes into the provider's own words. */
const shortestPrompt = 8;

const hole = '[prompt]';

/**
 * Takes an echoed prompt out, so that nobody's sentence decides how a failure is read or ends up in a log: as a whole,
 * and every longer piece of it, whatever was cut off, put in quotes, spelt in capitals or wrapped in between.
 */
export function withoutPrompt(text: string, prompt: string): string {
  const trimmed = prompt.trim();
  if (trimmed.length < shortestPrompt) return text;
  const whole = text.replaceAll(trimmed, hole).replaceAll(JSON.stringify(trimmed).slice(1, -1), hole);
  return withoutPieces(whole, trimmed);
}

function withoutPieces(text: string, prompt: string): string {
  const asked = lettersOf(prompt);
  const longest = /[a-z]/i.test(prompt) ? longestPiece : longestForeignPiece;
  const size = Math.min(longest, asked.letters.length);
  if (size < shortestPiece) return text;
  const pieces = new Set<string>();
  for (let at = 0; at + size <= asked.letters.length; at += 1) pieces.add(asked.letters.slice(at, at + size));

  const said = lettersOf(text);
  let rest = '';
  let written = 0;
  let at = 0;
  while (at + size <= said.letters.length) {
    if (!pieces.has(said.letters.slice(at, at + size))) {
      at += 1;
      continue;
    }
    const from = said.places[at] ?? written;
    let last = at + size - 1;
    while (pieces.has(said.letters.slice(last - size + 2, last + 2)) && last + 1 < said.letters.length) last += 1;
    rest += text.slice(written, from) + hole;
    written = (said.places[last] ?? text.length) + 1;
    at = last + 1;
  }
  return rest + text.slice(written);
}

type Letters = {
  readonly letters: string;
  /** Where in the text each of them stands. */
  readonly places: readonly number[];
};

/** Letters and digits alone, in small letters where that leaves every place where it was. */
function lettersOf(text: string): Letters {
  const lower = text.toLowerCase();
  const small = lower.length === text.length ? lower : text;
  const places: number[] = [];
  let letters = '';
  for (let at = 0; at < small.length; at += 1) {
    if (!isLetter(small.charCodeAt(at))) continue;
    letters += small[at];
    places.push(at);
  }
  return { letters, places };
}

/** Beyond ASCII everything counts but the marks between words: a piece is compared with the prompt, not read. */
function isLetter(code: number): boolean {
  if (code < 0x80) return /[a-z0-9]/i.test(String.fromCharCode(code));
  return code > 0xbf && (code < 0x2000 || code > 0x206f) && (code < 0x3000 || code > 0x303f);
}

const detailLimit = 200;

/** What may be told of a provider's own words: one short line, the key in every usual spelling taken out. */
export function safeDetail(text: string, secret: string): string {
  const line = withoutSecret(text, secret)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length <= detailLimit ? line : `${cut(line, detailLimit - 1)}…`;
}

function withoutSecret(text: string, secret: string): string {
  if (secret === '') return text;
  const spellings = [secret];
  // Spellings of a very short secret would be found in innocent words.
  if (secret.length >= 8) {
    const url = encodeURIComponent(secret.toWellFormed());
    const coded = [0, 1, 2].map((before) => base64Inside(secret, before));
    spellings.push(
      url,
      encodeURIComponent(url),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret)
        .toString('base64')
        .replace(/={1,2}$/, ''),
      Buffer.from(secret).toString('base64url'),
      ...coded,
      ...coded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      Buffer.from(secret).toString('hex'),
    );
  }
  if (secret.length >= 16) spellings.push(secret.slice(0, 8), secret.slice(-8));
  return spellings.reduce((rest, spelling) => rest.replace(new RegExp(escaped(spelling), 'gi'), '[key]'), text);
}

/** What stays the same of the secret's base64 when so many bytes of something longer go before it. */
function base64Inside(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** Never cuts a surrogate pair in two. */
function cut(line: string, limit: number): string {
  let text = '';
  for (const character of line) {
    if (text.length + character.length > limit) break;
    text += character;
  }
  return text;
}
