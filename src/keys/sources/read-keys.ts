import type { ProviderName } from '../../domain/ids.ts';
import { Secret } from '../../kit/secret.ts';
import { unquoted } from '../../kit/unquoted.ts';
import { definitionsFor } from '../../providers/registry.ts';
import { keylessVariable, type KeyOwner, type KeyVariable, keyVariables, pairedKey } from './key-variables.ts';
import { type PoolEntry, type ReadKeyFile, parseTokenPool } from './key-file.ts';
import { readSmallFile } from '../../kit/files.ts';
import { splitKeys } from './split-keys.ts';

/** One key as configured. `place` counts from 1 within the provider; `onlyModel` when the key serves one model. */
export type ProviderKey = {
  readonly provider: ProviderName;
  readonly place: number;
  readonly secret: Secret;
  readonly weight: number;
  readonly onlyModel?: string;
  /** Everybody's key of a provider, which nobody configured. */
  readonly isAnonymous?: true;
  /** Stands for the missing key of a server that is asked without one; its secret is empty. */
  readonly keyless?: true;
  /** It was added while the bot ran. */
  readonly isAdded?: true;
  /** Where it stands, as warnings name it: `BYTEZ_API_KEYS, position 3`. */
  readonly where?: string;
  /** The UTC day from which on it is not used, where its source says so: `2027-01-01`. */
  readonly endsOn?: string;
};

export type KeyReading = {
  readonly keys: readonly ProviderKey[];
  /** What was skipped and why: variable and position, never a value. */
  readonly warnings: readonly string[];
};

type KeyPair = NonNullable<KeyOwner['keyPairs']>[number];
type Environment = Readonly<Record<string, string | undefined>>;
/** A text that may hold several keys, and its name in warnings. */
type Source = {
  readonly where: string;
  readonly value: string;
  readonly onlyModel?: string;
  readonly ends?: PoolEntry['ends'];
};

export const poolVariable = 'TOKEN_POOL_FILE';

/** Reads every key of every provider in numbering order; never throws, mistakes become warnings. */
export function readKeys(
  env: Environment,
  options: {
    readonly readFile?: ReadKeyFile;
    readonly owners?: readonly KeyOwner[];
    /** Keys that live elsewhere; they come last. */
    readonly further?: readonly PoolEntry[];
  } = {},
): KeyReading {
  const warnings: string[] = [];
  const { readFile = readSmallFile, owners = definitionsFor(env), further = [] } = options;
  const pool = [...readPool(env, owners, readFile, warnings), ...further];
  const names = Object.keys(env);
  const keys = owners.flatMap((owner) => {
    const sources: Source[] = [
      ...keyVariables(owner, names).flatMap((variable) => sourceOf(variable, env, readFile, warnings)),
      ...(owner.keyPairs ?? []).flatMap((pair) => pairSource(pair, env, warnings)),
      ...pool.filter((entry) => entry.provider === owner.name),
    ];
    const found = collect(owner.name, sources, warnings);
    return weigh(owner, found.length > 0 ? found : withoutKey(owner, env), env, warnings);
  });
  return { keys, warnings };
}

/** The key whose halves stand in two variables; half a key is none. */
function pairSource(pair: KeyPair, env: Environment, warnings: string[]): readonly Source[] {
  const paired = pairedKey(pair, env);
  if (paired === undefined) return [];
  if ('key' in paired) return [{ where: paired.where, value: paired.key }];
  warnings.push(`${paired.half} is half a key; set ${paired.missing} too`);
  return [];
}

/** One entry that carries the calls of a server without keys, so that it takes part in everything that keys decide. */
function withoutKey(owner: KeyOwner, env: Environment): readonly Omit<ProviderKey, 'weight'>[] {
  if (keylessVariable(owner, env) === undefined) return [];
  return [{ provider: owner.name, place: 1, secret: new Secret(''), keyless: true }];
}

/** Returns the paths of the key files that the environment names. */
export function keyFilePaths(env: Environment, owners: readonly KeyOwner[] = definitionsFor(env)): readonly string[] {
  const names = Object.keys(env);
  const variables = owners.flatMap((owner) => keyVariables(owner, names));
  const files = [...variables.filter(({ holds }) => holds === 'path').map(({ name }) => name), poolVariable];
  return [...new Set(files.map((name) => pathIn(env[name])).filter((path) => path !== ''))];
}

/** Returns the path in a variable, without enclosing quotation marks; empty when there is none. */
export function pathIn(value: string | undefined): string {
  return unquoted((value ?? '').trim());
}

function sourceOf(variable: KeyVariable, env: Environment, readFile: ReadKeyFile, warnings: string[]): Source[] {
  const value = env[variable.name] ?? '';
  if (variable.holds === 'keys') return [{ where: variable.name, value }];
  return [{ where: variable.name, value: readText(variable.name, value, readFile, warnings) ?? '' }];
}

function readPool(
  env: Environment,
  owners: readonly KeyOwner[],
  readFile: ReadKeyFile,
  warnings: string[],
): readonly PoolEntry[] {
  const text = readText(poolVariable, env[poolVariable] ?? '', readFile, warnings);
  if (text === undefined) return [];
  const pool = parseTokenPool(text, poolVariable, new Set(owners.map(({ name }) => name)));
  warnings.push(...pool.warnings);
  return pool.entries;
}

function readText(variable: string, value: string, readFile: ReadKeyFile, warnings: string[]): string | undefined {
  const path = pathIn(value);
  if (path === '') return undefined;
  const file = readFile(path);
  if (file.kind === 'unreadable') {
    warnings.push(`${variable} names a file that ${file.why}; its keys are skipped`);
    return undefined;
  }
  if (file.stale !== undefined) {
    warnings.push(`${variable} names a file that ${file.stale}; the keys that it gave before stay`);
  }
  if (file.openToAll) {
    warnings.push(`${variable} names a file that everyone on this machine may read; take that right away (chmod 600)`);
  }
  return file.text;
}

function collect(
  provider: ProviderName,
  sources: readonly Source[],
  warnings: string[],
): Omit<ProviderKey, 'weight'>[] {
  const keys: Omit<ProviderKey, 'weight'>[] = [];
  const seen = new Set<string>();
  for (const { where, value, onlyModel, ends } of sources) {
    const repeated: number[] = [];
    const refused = new Map<string, number[]>();
    for (const entry of splitKeys(value)) {
      if (entry.kind === 'refused') {
        refused.set(entry.why, [...(refused.get(entry.why) ?? []), entry.position]);
      } else if (seen.has(entry.key)) {
        repeated.push(entry.position);
      } else {
        seen.add(entry.key);
        const secret = new Secret(entry.key);
        const place = keys.length + 1;
        const endsOn = ends?.get(entry.key);
        keys.push({
          provider,
          place,
          secret,
          where: `${where}, position ${entry.position}`,
          ...(onlyModel === undefined ? {} : { onlyModel }),
          ...(endsOn === undefined ? {} : { endsOn }),
        });
      }
    }
    for (const [why, positions] of refused) warnings.push(...refusalWarnings(where, why, positions));
    if (repeated.length > 0) warnings.push(repetitionWarning(where, repeated));
  }
  return keys;
}

/** One warning a key, or one for all of them where they are many. */
function refusalWarnings(where: string, why: string, positions: readonly number[]): readonly string[] {
  if (positions.length <= 3) {
    return positions.map((position) => `${where} position ${position} is not a usable key: ${why}; it is skipped`);
  }
  return [`${where} positions ${firstOf(positions)} are not usable keys, each because ${why}; they are skipped`];
}

function firstOf(positions: readonly number[]): string {
  const more = positions.length > 5 ? ` and ${positions.length - 5} more` : '';
  return `${positions.slice(0, 5).join(', ')}${more}`;
}

function repetitionWarning(where: string, positions: readonly number[]): string {
  return `${where} repeats ${positions.length === 1 ? 'a key' : 'keys'} read before, at position ${firstOf(positions)}; each key counts once`;
}

function weigh(
  { prefixes }: KeyOwner,
  keys: readonly Omit<ProviderKey, 'weight'>[],
  env: Environment,
  warnings: string[],
): readonly ProviderKey[] {
  const names = prefixes.map((prefix) => `${prefix}_WEIGHTS`);
  const name = names.find((candidate) => (env[candidate] ?? '') !== '') ?? names[0] ?? '';
  const read = readWeights(name, env[name], keys.length);
  warnings.push(...read.warnings);
  return keys.map((key, index) => ({ ...key, weight: read.weights[index] ?? 1 }));
}

/** Returns the weights of a provider's keys in order; a missing or wrong weight is 1, with a warning by position. */
export function readWeights(
  variable: string,
  value: string | undefined,
  keyCount: number,
): { readonly weights: readonly number[]; readonly warnings: readonly string[] } {
  const weights = Array.from({ length: keyCount }, () => 1);
  const entries = unquoted(value ?? '')
    .split(',')
    .map((entry) => entry.trim());
  if (entries.every((entry) => entry === '')) return { weights, warnings: [] };
  const warnings: string[] = [];
  if (entries.length !== keyCount) {
    warnings.push(`${variable} has ${entries.length} weights for ${keyCount} keys; keys without one weigh 1`);
  }
  for (const [index, entry] of entries.entries()) {
    const weight = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(entry) ? Number(entry) : 0;
    if (weight <= 0) {
      warnings.push(`${variable} position ${index + 1} must be a number above 0 and below 10000; it counts as 1`);
    } else if (index < keyCount) {
      weights[index] = weight;
    }
  }
  return { weights, warnings };
}

/** The provider of each key. */
export function providersOf(keys: readonly ProviderKey[]): readonly ProviderName[] {
  return keys.map(({ provider }) => provider);
}
