import { keyVariables } from '../keys/sources/key-variables.ts';
import { definitionsFor, providerDefinitions } from '../providers/registry.ts';
import { providerVariables } from './provider-settings.ts';
import { environmentVariables } from './schema.ts';

/**
 * The Damerau-Levenshtein distance: letters to add, drop, change or swap with their neighbour; infinite where it is more
 * than `max`.
 */
export function editDistance(from: string, to: string, max = Number.POSITIVE_INFINITY): number {
  if (Math.abs(from.length - to.length) > max || lettersOnlyIn(from, to) > max) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  let leastOfLast = 0;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    let leastOfRow = row;
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const changed = at(last, column - 1) + (same ? 0 : 1);
      let least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, changed);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) least = Math.min(least, at(beforeLast, column - 2) + 1);
      current.push(least);
      leastOfRow = Math.min(leastOfRow, least);
    }
    // A row is made of the two before it.
    if (leastOfRow > max && leastOfLast > max) return Number.POSITIVE_INFINITY;
    leastOfLast = leastOfRow;
    beforeLast = last;
    last = current;
  }
  const distance = at(last, to.length);
  return distance > max ? Number.POSITIVE_INFINITY : distance;
}

/** How many different letters, at least, `from` has and `to` has not: each takes one change. */
function lettersOnlyIn(from: string, to: string): number {
  let only = letters(from) & ~letters(to);
  let count = 0;
  for (; only !== 0; only &= only - 1) count += 1;
  return count;
}

/** A bit for each letter that occurs. */
function letters(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) bits |= 1 << (text.charCodeAt(index) & 31);
  return bits;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

const prefixes = providerDefinitions.flatMap((definition) => definition.prefixes);
const aliases = providerDefinitions.flatMap((definition) => definition.aliases ?? []);
const halves = providerDefinitions.flatMap(({ keyPairs = [] }) => keyPairs.flatMap(({ id, secret }) => [id, secret]));

type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable with exactly one spelling; key variables have many and are not here. */
export function knownNames(env: Environment): readonly string[] {
  const definitions = definitionsFor(env);
  return [
    ...Object.keys(environmentVariables),
    ...providerVariables(definitions),
    ...definitions.flatMap(({ prefixes: own }) => own.map((prefix) => `${prefix}_WEIGHTS`)),
    'TOKEN_POOL_FILE',
  ];
}

/** Names that other programs use for the same setting. */
const otherWords: readonly (readonly [string, string])[] = [
  ['BOT_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_API_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['ADMIN_USER_IDS', 'ADMIN_IDS'],
  ['BYTEZ_KEY', 'BYTEZ_API_KEY'],
  ['BYTEZ_KEYS', 'BYTEZ_API_KEYS'],
  ['BYTEZ_TOKEN', 'BYTEZ_API_KEY'],
  ['BYTEZ_MAX_SEATS', 'BYTEZ_SEATS_MAX'],
  ['AIHORDE_API_KEY', 'AI_HORDE_API_KEY'],
  ['STABLE_HORDE_API_KEY', 'HORDE_API_KEY'],
  ['STABLEHORDE_API_KEY', 'HORDE_API_KEY'],
  ['AI_HORDE_KEY', 'AI_HORDE_API_KEY'],
  ['HORDE_KEY', 'HORDE_API_KEY'],
  ['FAL_TOKEN', 'FAL_KEY'],
  ['FAL_AI_API_KEY', 'FAL_API_KEY'],
  ['REPLICATE_TOKEN', 'REPLICATE_API_TOKEN'],
  ['REPLICATE_KEY', 'REPLICATE_API_TOKEN'],
  ['BFL_KEY', 'BFL_API_KEY'],
  ['GEMINI_KEY', 'GEMINI_API_KEY'],
  ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
  ['CF_API_TOKEN', 'CLOUDFLARE_API_TOKEN'],
  ['CF_ACCOUNT_ID', 'CLOUDFLARE_ACCOUNT_ID'],
  ['HUGGINGFACEHUB_API_TOKEN', 'HF_TOKEN'],
  ['HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN'],
  ['OPENAI_KEY', 'OPENAI_API_KEY'],
  ['OPENAI_TOKEN', 'OPENAI_API_KEY'],
  ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
];

/** Common names that are close to one of ours by chance. */
const foreignNames: ReadonlySet<string> = new Set([
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'FTP_PROXY',
  'TELEGRAM_API_ID',
  'TELEGRAM_API_HASH',
]);

const keyEndings = ['', 'S', '_FILE', '_FALLBACK'];
const candidates: ReadonlyMap<string, string> = new Map([
  ...otherWords,
  ...knownNames({}).map((name) => [name, name] as const),
  ...[...prefixes.map((prefix) => `${prefix}_API_KEY`), ...aliases]
    .flatMap((stem) => keyEndings.map((end) => `${stem}${end}`))
    .map((name) => [name, name] as const),
  ...halves.map((name) => [name, name] as const),
]);

/** Warnings about variables that are probably misspelt, each with the name that was probably meant. */
export function unknownNames(env: Environment): readonly string[] {
  const names = Object.keys(env).filter((name) => env[name] !== undefined);
  const ours = new Set([
    ...knownNames(env),
    ...halves,
    ...definitionsFor(env).flatMap((owner) => keyVariables(owner, names).map((variable) => variable.name)),
  ]);
  return names
    .filter((name) => !ours.has(name) && !foreignNames.has(name.toUpperCase()))
    .map((name) => ({ name, meant: probablyMeant(name.toUpperCase()) }))
    .filter(({ meant }) => meant !== undefined)
    .map(({ name, meant }) => `${name} is not a name that is read here; did you mean ${meant}?`);
}

function probablyMeant(name: string): string | undefined {
  const isOurs = /^(?:TELEGRAM|BYTEZ)_/.test(name);
  const exact = nearest(name, isOurs ? Number.POSITIVE_INFINITY : slack(name));
  if (exact.distance <= slack(name)) return exact.word;
  const [, stem = name, number = ''] = /^(.*?)(_?[0-9]{1,6})$/.exec(name) ?? [];
  const numbered = number === '' ? undefined : nearest(stem, slack(stem));
  if (numbered?.word !== undefined) return `${numbered.word}${number}`;
  const [, owner] = /^([A-Z]+)_API_?KE/.exec(name) ?? [];
  const prefix = prefixes.find((candidate) => owner !== undefined && editDistance(owner, candidate, 1) <= 1);
  if (prefix !== undefined) return `${prefix}_API_KEY`;
  return isOurs ? exact.word : undefined;
}

/** Short names are close to each other by chance. */
function slack(name: string): number {
  if (name.length < 6) return 0;
  return name.length < 9 ? 1 : 2;
}

/** The closest name that is at most `max` mistakes away; no word where there is none. */
function nearest(name: string, max: number): { readonly word?: string; readonly distance: number } {
  let best: { readonly word?: string; readonly distance: number } = { distance: Number.POSITIVE_INFINITY };
  for (const [written, word] of candidates) {
    if (best.distance === 0) break;
    const distance = editDistance(name, written, Math.min(max, best.distance - 1));
    if (distance < best.distance) best = { word, distance };
  }
  return best;
}
