import {
  type Job,
  type Aspect,
  aspects,
  flagNames,
  type GenerationOptions,
  type OptionMistake,
  type OptionName,
  optionNames,
  type Candidate,
  isMadeFromPicture,
} from '../../domain/job.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import type { StyleWords } from '../../domain/kinds.ts';
import type { MediaFile, ResultDownloader } from '../../domain/media.ts';
import type { ChatTurn, GenerationRequest, ModelLookup, ImageSize, Relay } from '../../domain/provider.ts';

/** What a request is made from besides its words. */
export type RequestMaterial = {
  readonly inputs: readonly MediaFile[];
  /** The conversation so far, oldest first. */
  readonly history: readonly ChatTurn[];
  /** What the model is told, where that is more than the person's own words. */
  readonly words?: string;
  /** The request as a program wrote it. */
  readonly relay?: Relay;
};

export const noMaterial: RequestMaterial = { inputs: [], history: [] };

/** The questions before a question that a model may hear of; its window may hold fewer. */
const maxQuestionsBefore = 20;

/** Where what a job is made from besides its words comes from. */
export type MaterialSources = {
  readonly reader: Pick<JobReader, 'conversationBefore'>;
  /** The pictures that people sent. */
  readonly pictures?: Pick<ResultDownloader, 'find'> | undefined;
  /** What a style adds to the words; without it styles add nothing. */
  readonly styleWords?: StyleWords | undefined;
};

/** Loads what a job is made from besides its words; undefined for one that is made from its words alone. */
export function materialLoader(sources: MaterialSources): (job: Job) => Promise<RequestMaterial> | undefined {
  const { reader, pictures } = sources;
  return (job) => {
    const { id, kind } = job;
    if (kind === 'chat') {
      return reader.conversationBefore(id, maxQuestionsBefore).then((history) => ({ inputs: [], history }));
    }
    const words = styledWords(job, sources);
    const told = words === undefined ? {} : { words };
    if (!isMadeFromPicture(job)) {
      return words === undefined ? undefined : Promise.resolve({ ...noMaterial, ...told });
    }
    const found = pictures?.find('edit', id) ?? Promise.resolve(undefined);
    return found.then((picture) => ({ inputs: picture === undefined ? [] : [picture], history: [], ...told }));
  };
}

/** The words with those of their style behind them; undefined without a style. */
function styledWords({ prompt, options, locale }: Job, { styleWords }: MaterialSources): string | undefined {
  const preset = options?.preset;
  if (preset === undefined || styleWords === undefined) return undefined;
  return `${prompt}, ${styleWords(preset, locale)}`;
}

const usualContextTokens = 8_000;
/** A token of English is about four letters, one of other scripts fewer. */
const lettersPerToken = 2.5;
/** The part of the window that is left for the answer. */
const answerShare = 0.4;

/** The newest part of a conversation that fits into the model's window beside the new words, in whole questions. */
function fittingHistory(
  history: readonly ChatTurn[],
  prompt: string,
  contextTokens = usualContextTokens,
): readonly ChatTurn[] {
  let left = contextTokens * lettersPerToken * (1 - answerShare) - prompt.length;
  const first = history.findLastIndex(({ text }) => (left -= text.length) < 0) + 1;
  const kept = history.slice(first);
  // An answer without its question would confuse the model.
  return kept[0]?.role === 'model' ? kept.slice(1) : kept;
}

/** Telegram's limit for one message, in UTF-16 units. */
export const maxPromptLength = 4096;

type CheckedPrompt =
  | { readonly ok: true; readonly prompt: string }
  | { readonly ok: false; readonly code: 'empty-prompt' | 'prompt-too-long' };

// Control characters except newline and tab; removing ESC disarms terminal escape sequences.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Characters that render as nothing; U+2800 (blank Braille pattern) only looks empty. */
const invisible = /[\s\p{Default_Ignorable_Code_Point}\u{2800}]/gu;

/** Something to see: a letter, a number or a picture sign. Punctuation alone asks for nothing. */
const content = /[\p{L}\p{N}\p{So}\p{Extended_Pictographic}]/u;

/** Normalizes a prompt: well-formed UTF-16 without control characters. A prompt without anything to see is empty. */
export function checkPrompt(text: string): CheckedPrompt {
  if (text.length > maxPromptLength) return { ok: false, code: 'prompt-too-long' };
  const prompt = text.toWellFormed().replace(controls, '').trim();
  return !content.test(prompt.replace(invisible, '')) ? { ok: false, code: 'empty-prompt' } : { ok: true, prompt };
}

type PromptOptions =
  | { readonly ok: true; readonly words: string; readonly options: GenerationOptions }
  | { readonly ok: false; readonly mistake: OptionMistake };

type Found = { readonly option: OptionName; readonly value: string; readonly start: number; readonly end: number };

/** Two hyphens, or the dash into which phones convert them, before a name and after a space. */
const marker = /(?<=^|\s)(--|[\u2013\u2014])([a-z][\w-]*)/giu;
const bareValue = /\S+/uy;
const sentenceEnd = /(?<![,;.!?])[,;.!?]+$/u;
/** Opening quotation marks and the marks that close them; phones mix straight, curly and angle quotes. */
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
  title: (title) => ({ title }),
  style: (style) => ({ style }),
  instrumental: () => ({ instrumental: true }),
  spoiler: () => ({ spoiler: true }),
  seed: (written) => (isSeed(written) ? { seed: Number(written) } : { kind: 'bad-seed', written }),
  aspect: (written) => {
    const aspect = aspectOf(written);
    return aspect === undefined ? { kind: 'bad-aspect', written } : { aspect };
  },
};

/**
 * Separates the options from the prompt, wherever they stand, and leaves the other words unchanged. An unknown name is a
 * mistake after two hyphens and plain text after a long dash. Text above the prompt limit is not parsed.
 */
export function readPromptOptions(text: string): PromptOptions {
  if (text.length > maxPromptLength) return { ok: true, words: text, options: {} };
  const found: Found[] = [];
  let readTo = 0;
  for (const match of text.matchAll(marker)) {
    const [whole, dashes = '', written = ''] = match;
    if (match.index < readTo) continue;
    const option = optionOf(written);
    if (option === undefined && dashes !== '--') continue;
    if (option === undefined) return mistaken({ kind: 'unknown-option', written: `--${written}` });
    if (found.some((other) => other.option === option)) return mistaken({ kind: 'twice', option });
    const value = valueAt(text, match.index + whole.length, option);
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

/** Reads the value after a name: a quoted text or a single word, after spaces or one `=` or `:`; a flag has none. */
function valueAt(text: string, from: number, option: OptionName): Value {
  if (flagNames.has(option)) {
    const mark = /^[,;.!?]*(?=\s|$)/u.exec(text.slice(from))?.[0] ?? '';
    return { kind: 'value', text: '', end: from + mark.length };
  }
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

/** The image size for an aspect ratio: about as many pixels as the model's default, each side a multiple of its step. */
export function sizeFor(candidate: Candidate, aspect: Aspect, models: ModelLookup): ImageSize | undefined {
  const { size } = models(candidate);
  if (size === undefined) return undefined;
  const [across = 1, down = 1] = aspect.split(':').map(Number);
  const side = (ratio: number) => Math.round(Math.sqrt(size.width * size.height * ratio) / size.step) * size.step;
  return { width: side(across / down), height: side(down / across) };
}

/** Builds the request to the candidate's model, with the options that the model supports. */
export function generationRequest(
  job: Job,
  candidate: Candidate,
  models: ModelLookup,
  { inputs, history, words, relay }: RequestMaterial = noMaterial,
): GenerationRequest {
  const { kind, prompt, options: { aspect, negative, title, style, instrumental } = {} } = job;
  const seed = seedFor(job, candidate, models);
  const said = history.length === 0 ? history : fittingHistory(history, prompt, models(candidate).contextTokens);
  const size = aspect === undefined ? undefined : sizeFor(candidate, aspect, models);
  return {
    kind,
    model: candidate.model,
    prompt: words ?? prompt,
    inputs,
    ...(said.length === 0 ? {} : { history: said }),
    ...(size === undefined ? {} : { size }),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative }),
    ...(title === undefined ? {} : { title }),
    ...(style === undefined ? {} : { style }),
    ...(instrumental === undefined ? {} : { instrumental }),
    ...(relay === undefined ? {} : { relay }),
  };
}

/** The seed that a candidate gets for a job: the person's or the one chosen for it, where the model is known to take one. */
export function seedFor({ options }: Job, candidate: Candidate, models: ModelLookup): number | undefined {
  return models(candidate).seed ? (options?.seed ?? options?.chosenSeed) : undefined;
}

/** Every provider's seeds begin at 0 and reach at least so far. */
const maxChosenSeed = 2 ** 31 - 1;

/** The request with a seed, so that whatever is made can be made again; a seed of the person's own stays. */
export function withSeed<Request extends { readonly options?: GenerationOptions }>(
  request: Request,
  chain: readonly Candidate[],
  models: ModelLookup,
  random: () => number,
): Request {
  if (request.options?.seed !== undefined || !chain.some((candidate) => models(candidate).seed)) return request;
  return { ...request, options: { ...request.options, chosenSeed: Math.floor(random() * maxChosenSeed) } };
}
