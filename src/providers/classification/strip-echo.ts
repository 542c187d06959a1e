/** A common run of this many letters and digits is part of the prompt and not a coincidence. */
const pieceLength = 20;
/** The same for prompts without Latin letters: providers write English, so a short run is enough. */
const foreignPieceLength = 8;
const minPieceLength = 6;
/** Removing shorter prompts would damage the provider's own text. */
const minPromptLength = 8;

const hole = '[prompt]';

/**
 * Removes an echoed prompt from a provider's text, so that a person's words neither affect classification nor reach a
 * log. It removes the whole prompt and every longer piece of it, even if truncated, quoted, uppercased or wrapped, and
 * shorter pieces where they are quoted.
 */
export function withoutPrompt(text: string, prompt: string): string {
  const trimmed = prompt.trim();
  if (trimmed === '') return text;
  if (trimmed.length < minPromptLength) return withoutQuoted(text, trimmed);
  const whole = text.replaceAll(trimmed, hole).replaceAll(JSON.stringify(trimmed).slice(1, -1), hole);
  return withoutQuoted(withoutPieces(whole, trimmed), trimmed);
}

/** A quoted piece of fewer letters is more likely a name than an echo. */
const minQuotedLetters = 3;

function withoutQuoted(text: string, prompt: string): string {
  const asked = lettersOf(prompt).letters;
  return text.replace(/(?<=["'“‘«`])[^"'”’»`\n]{2,200}(?=["'”’»`])/g, (piece) => {
    const { letters } = lettersOf(piece);
    return letters.length >= minQuotedLetters && asked.includes(letters) ? hole : piece;
  });
}

function withoutPieces(text: string, prompt: string): string {
  const asked = lettersOf(prompt);
  const wanted = /[a-z]/i.test(prompt) ? pieceLength : foreignPieceLength;
  const size = Math.min(wanted, asked.letters.length);
  if (size < minPieceLength) return text;
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
  /** The position of each letter in the text. */
  readonly places: readonly number[];
};

/** Extracts letters and digits, lowercased where that keeps every position. */
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

/** Outside ASCII everything except separators counts as a letter, which is enough to compare pieces. */
function isLetter(code: number): boolean {
  if (code < 0x80) return /[a-z0-9]/i.test(String.fromCharCode(code));
  return code > 0xbf && (code < 0x2000 || code > 0x206f) && (code < 0x3000 || code > 0x303f);
}

const detailLimit = 200;

/** Returns a provider's text as one short line, with the key removed in every usual encoding. */
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
  // Encodings of a very short secret would match ordinary words.
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

/** The stable part of the secret's base64 when `before` bytes precede it in a longer text. */
function base64Inside(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** Truncates without splitting a surrogate pair. */
function cut(line: string, limit: number): string {
  let text = '';
  for (const character of line) {
    if (text.length + character.length > limit) break;
    text += character;
  }
  return text;
}
