import {
  type Aspect,
  aspects,
  type GenerationOptions,
  type OptionMistake,
  type OptionName,
  optionNames,
} from '../../domain/job.ts';

/** Telegram's own limit of a message, in UTF-16 units. */
export const longestPrompt = 4096;

export type CheckedPrompt =
  | { readonly ok: true; readonly prompt: string }
  | { readonly ok: false; readonly code: 'empty-prompt' | 'prompt-too-long' };

// Control characters but newline and tab; escape sequences of terminals lose their ESC byte with them.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Signs that show nothing by themselves; the blank of Braille is one only to the eye. */
const invisible = /[\s\p{Default_Ignorable_Code_Point}\u{2800}]/gu;

/** A prompt as it is kept and sent: well-formed, without control characters; what shows nothing is empty. */
export function checkPrompt(text: string): CheckedPrompt {
  if (text.length > longestPrompt) return { ok: false, code: 'prompt-too-long' };
  const prompt = text.toWellFormed().replace(controls, '').trim();
  return prompt.replace(invisible, '') === '' ? { ok: false, code: 'empty-prompt' } : { ok: true, prompt };
}

export type PromptOptions =
  | { readonly ok: true; readonly words: string; readonly options: GenerationOptions }
  | { readonly ok: false; readonly mistake: OptionMistake };

type Found = { readonly option: OptionName; readonly value: string; readonly start: number; readonly end: number };

/** Two hyphens, or the long dash that a phone makes of them, right before a name and behind a space. */
const marker = /(?<=^|\s)(--|[\u2013\u2014])([a-z][\w-]*)/giu;
const bareValue = /\S+/uy;
const sentenceEnd = /(?<![,;.!?])[,;.!?]+$/u;
/** What may open a value in quotes, and what closes it; phones mix the straight, the curly and the pointed ones. */
const closers = new Map([
  ...['"', '\u201c', '\u201d', '\u201e', '\u201f'].map((opener) => [opener, /["\u201c\u201d\u201f]/u] as const),
  ...["'", '\u2018', '\u2019', '\u201a'].map((opener) => [opener, /['\u2018\u2019]/u] as const),
  ['\u00ab', /\u00bb/u] as const,
  ['\u2039', /\u203a/u] as const,
]);
const afterQuote = String.raw`(?=[\s,;.!?)]|$)[,;.!?]*`;

const readers: Readonly<
  Record<OptionName, (value: string) => GenerationOptions | Extract<OptionMistake, { kind: 'bad-seed' | 'bad-aspect' }>>
> = {
  model: (model) => ({ model }),
  no: (negative) => ({ negative }),
  seed: (written) => (isSeed(written) ? { seed: Number(written) } : { kind: 'bad-seed', written }),
  aspect: (written) => {
    const aspect = aspectOf(written);
    return aspect === undefined ? { kind: 'bad-aspect', written } : { aspect };
  },
};

/**
 * Takes the options out of what a person wrote, wherever they stand, and leaves the other words as they are. A name that
 * nobody knows is a mistake behind two hyphens; behind a long dash it is speech. What is longer than any prompt may be
 * is not looked into.
 */
export function readPromptOptions(text: string): PromptOptions {
  if (text.length > longestPrompt) return { ok: true, words: text, options: {} };
  const found: Found[] = [];
  let readTo = 0;
  for (const match of text.matchAll(marker)) {
    const [whole, dashes = '', written = ''] = match;
    if (match.index < readTo) continue;
    const option = optionOf(written);
    if (option === undefined && dashes !== '--') continue;
    if (option === undefined) return mistaken({ kind: 'unknown-option', written: `--${written}` });
    if (found.some((other) => other.option === option)) return mistaken({ kind: 'twice', option });
    const value = valueAt(text, match.index + whole.length);
    if (value.kind !== 'value') return mistaken({ kind: value.kind, option });
    found.push({ option, value: value.text, start: match.index, end: value.end });
    readTo = value.end;
  }
  let options: GenerationOptions = {};
  for (const { option, value } of found) {
    const read = readers[option](value);
    if ('kind' in read) return mistaken(read);
    options = { ...options, ...read };
  }
  return { ok: true, words: wordsBetween(text, found), options };
}

type Value =
  | { readonly kind: 'value'; readonly text: string; readonly end: number }
  | { readonly kind: 'missing-value' | 'open-quote' };

/** Reads the value behind a name: after spaces or one `=` or `:`, a quotation or a single word. */
function valueAt(text: string, from: number): Value {
  const start = from + (/^(?:\s*[=:]\s*|\s+)/u.exec(text.slice(from))?.[0].length ?? 0);
  const closer = closers.get(text.charAt(start));
  if (closer !== undefined) {
    const rest = text.slice(start + 1);
    const close = new RegExp(closer.source + afterQuote, 'u').exec(rest);
    if (close === null) return { kind: 'open-quote' };
    const quoted = rest.slice(0, close.index).trim();
    const end = start + 1 + close.index + close[0].length;
    return quoted === '' ? { kind: 'missing-value' } : { kind: 'value', text: quoted, end };
  }
  bareValue.lastIndex = start;
  const written = bareValue.exec(text)?.[0] ?? '';
  const bare = written.replace(sentenceEnd, '');
  if (bare === '' || startsOption(bare)) return { kind: 'missing-value' };
  return { kind: 'value', text: bare, end: start + written.length };
}

function startsOption(word: string): boolean {
  const [, dashes, name = ''] = /^(--|[\u2013\u2014])([a-z][\w-]*)/iu.exec(word) ?? [];
  return dashes === '--' || (dashes !== undefined && optionOf(name) !== undefined);
}

function wordsBetween(text: string, found: readonly Found[]): string {
  if (found.length === 0) return text;
  const starts = [0, ...found.map(({ end }) => end)];
  const ends = [...found.map(({ start }) => start), text.length];
  return starts
    .map((start, index) => text.slice(start, ends[index]).trim())
    .filter((part) => part !== '')
    .join(' ');
}

function optionOf(written: string): OptionName | undefined {
  return optionNames.find((known) => known === written.toLowerCase());
}

function isSeed(written: string): boolean {
  return /^[0-9]{1,16}$/.test(written) && Number(written) <= Number.MAX_SAFE_INTEGER;
}

function aspectOf(written: string): Aspect | undefined {
  const plain = written.replace(/[x\u00d7/]/i, ':');
  return aspects.find((known) => known === plain);
}

function mistaken(mistake: OptionMistake): PromptOptions {
  return { ok: false, mistake };
}
