import { keyVariables } from './keys/key-variables.ts';
import { providerDefinitions } from './providers/registry.ts';
import { editDistance } from './config-edit-distance.ts';
import { providerVariables } from './config-providers.ts';
import { environmentSchema } from './config-schema.ts';

const prefixes = providerDefinitions.flatMap((definition) => definition.prefixes);
const aliases = providerDefinitions.flatMap((definition) => definition.aliases ?? []);

/** Every variable that has exactly one spelling; key variables come besides, in many. */
export const knownNames: readonly string[] = [
  ...Object.keys(environmentSchema.shape),
  ...providerVariables,
  ...prefixes.map((prefix) => `${prefix}_WEIGHTS`),
  'TOKEN_POOL_FILE',
];

/** What other programs call the same thing. */
const otherWords: readonly (readonly [string, string])[] = [
  ['BOT_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_API_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['ADMIN_USER_IDS', 'ADMIN_IDS'],
  ['BYTEZ_KEY', 'BYTEZ_API_KEY'],
  ['BYTEZ_KEYS', 'BYTEZ_API_KEYS'],
  ['BYTEZ_TOKEN', 'BYTEZ_API_KEY'],
  ['BYTEZ_MAX_SEATS', 'BYTEZ_SEATS_MAX'],
];

/** Near to a name of ours by chance, and common. */
const foreignNames: ReadonlySet<string> = new Set([
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'TELEGRAM_API_ID',
  'TELEGRAM_API_HASH',
]);

const keyEndings = ['', 'S', '_FILE', '_FALLBACK'];
const candidates: ReadonlyMap<string, string> = new Map([
  ...otherWords,
  ...knownNames.map((name) => [name, name] as const),
  ...prefixes
    .flatMap((prefix) => keyEndings.map((end) => `${prefix}_API_KEY${end}`))
    .map((name) => [name, name] as const),
  ...aliases.map((name) => [name, name] as const),
]);

/** Warnings about variables that are nearly, but not quite, one of ours, each with the name that was probably meant. */
export function unknownNames(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const names = Object.keys(env).filter((name) => env[name] !== undefined);
  const ours = new Set([
    ...knownNames,
    ...providerDefinitions.flatMap((owner) => keyVariables(owner, names).map((variable) => variable.name)),
  ]);
  return names
    .filter((name) => !ours.has(name) && !foreignNames.has(name.toUpperCase()))
    .map((name) => ({ name, meant: probablyMeant(name.toUpperCase()) }))
    .filter(({ meant }) => meant !== undefined)
    .map(({ name, meant }) => `${name} is not a name that is read here; did you mean ${meant}?`);
}

function probablyMeant(name: string): string | undefined {
  const [, stem = name, number = ''] = /^(.*?)(_?[0-9]{1,6})$/.exec(name) ?? [];
  const exact = nearest(name);
  const numbered = nearest(stem);
  if (exact.distance <= slack(name)) return exact.word;
  if (number !== '' && numbered.distance <= slack(stem)) return `${numbered.word}${number}`;
  const [, owner] = /^([A-Z]+)_API_?KE/.exec(name) ?? [];
  const prefix = prefixes.find((candidate) => owner !== undefined && editDistance(owner, candidate) <= 1);
  if (prefix !== undefined) return `${prefix}_API_KEY`;
  return /^(?:TELEGRAM|BYTEZ)_/.test(name) ? exact.word : undefined;
}

/** Short names are near to each other by chance. */
function slack(name: string): number {
  if (name.length < 6) return 0;
  return name.length < 9 ? 1 : 2;
}

function nearest(name: string): { readonly word: string; readonly distance: number } {
  let best = { word: '', distance: Number.POSITIVE_INFINITY };
  for (const [written, word] of candidates) {
    if (best.distance === 0) break;
    const distance = editDistance(name, written);
    if (distance < best.distance) best = { word, distance };
  }
  return best;
}
