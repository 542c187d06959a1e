import type { KeyId } from '../../domain/ids.ts';
import { fingerprint } from '../../keys/fingerprint.ts';
import { keyVariables } from '../../keys/key-variables.ts';
import { type ProviderKey, readKeys } from '../../keys/read-keys.ts';
import { splitKeys } from '../../keys/split-keys.ts';
import { Secret } from '../../kit/secret.ts';
import { providerDefinitions } from '../../providers/registry.ts';

/** Where a key is to be replaced: the variable, and what to look for in it or in the file that it names. */
export type KeyOrigin = {
  readonly variable: string;
  /** Counts from 1; in a file, over its usable keys. */
  readonly position: number;
  readonly inFile: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys are compared by this fingerprint only, which never leaves this file. */
const hereOnly = 'origins';
const poolVariable = 'TOKEN_POOL_FILE';

/** Says of each key in which variable it stands, the first one when it stands in several. */
export function keyOrigins(env: Environment, keys: readonly ProviderKey[]): (key: ProviderKey) => KeyOrigin {
  const found = new Map<KeyId, KeyOrigin>();
  const note = (secret: Secret, origin: KeyOrigin) => {
    const id = fingerprint(secret, hereOnly);
    if (!found.has(id)) found.set(id, origin);
  };
  const provided = new Set(keys.map(({ provider }) => provider));
  for (const owner of providerDefinitions.filter((definition) => provided.has(definition.name))) {
    for (const { name, holds } of keyVariables(owner, Object.keys(env))) {
      if (holds === 'path') {
        noteFile(env, name, note);
        continue;
      }
      for (const entry of splitKeys(env[name] ?? '')) {
        if (entry.kind !== 'key') continue;
        note(new Secret(entry.key), { variable: name, position: entry.position, inFile: false });
      }
    }
  }
  noteFile(env, poolVariable, note);
  return (key) => found.get(fingerprint(key.secret, hereOnly)) ?? { variable: poolVariable, position: 1, inFile: true };
}

function noteFile(env: Environment, variable: string, note: (secret: Secret, origin: KeyOrigin) => void): void {
  for (const { secret, place } of readKeys({ [variable]: env[variable] }).keys) {
    note(secret, { variable, position: place, inFile: true });
  }
}

/** `BYTEZ_API_KEYS, position 3`. */
export function originWords({ variable, position, inFile }: KeyOrigin): string {
  return inFile ? `key ${position} of the file that ${variable} names` : `${variable}, position ${position}`;
}
