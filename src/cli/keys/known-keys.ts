import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { fingerprint } from '../../keys/sources/identify-keys.ts';
import { keylessVariable, keyVariables, pairedKey } from '../../keys/sources/key-variables.ts';
import { withAnonymousKeys } from '../../keys/sources/anonymous-keys.ts';
import { type ProviderKey, readKeys } from '../../keys/sources/read-keys.ts';
import { splitKeys } from '../../keys/sources/split-keys.ts';
import { Secret } from '../../kit/secret.ts';
import { definitionsFor } from '../../providers/registry.ts';
import { openAdmin } from '../../app/open-admin.ts';
import { type Config, parseConfig } from '../../config/config.ts';
import { type AdminApi, emptyProviders } from '../../domain/admin-api.ts';
import type { KeyBalance, KeyHealth, KeyState } from '../../domain/key-state.ts';
import { readEnvironment } from '../../config/env.ts';
import type { ProcessContext } from '../process-context.ts';

/** Where a key is to be replaced: the variable, and what to look for in it or in the file that it names. */
export type KeyOrigin = {
  readonly variable: string;
  /** Counts from 1; in a file, over its usable keys. */
  readonly position: number;
  readonly inFile: boolean;
  /** The variable holds the address of a server that is asked without a key. */
  readonly keyless?: true;
  /** It was added while the bot ran; there is no variable. */
  readonly isAdded?: true;
};

type Environment = Readonly<Record<string, string | undefined>>;

const addedOrigin: KeyOrigin = { variable: '', position: 1, inFile: false, isAdded: true };

/** The salt of fingerprints that are compared in this file only and never shown. */
const localSalt = 'origins';
const poolVariable = 'TOKEN_POOL_FILE';

/** Returns for each key the variable that holds it, the first one when several do. */
export function keyOrigins(env: Environment, keys: readonly ProviderKey[]): (key: ProviderKey) => KeyOrigin {
  const found = new Map<KeyId, KeyOrigin>();
  const note = (secret: Secret, origin: KeyOrigin) => {
    const id = fingerprint(secret, localSalt);
    if (!found.has(id)) found.set(id, origin);
  };
  const provided = new Set(keys.map(({ provider }) => provider));
  const owners = definitionsFor(env);
  for (const owner of owners.filter((definition) => provided.has(definition.name))) {
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
    for (const pair of owner.keyPairs ?? []) {
      const paired = pairedKey(pair, env);
      if (paired === undefined || !('key' in paired)) continue;
      note(new Secret(paired.key), { variable: paired.where, position: 1, inFile: false });
    }
  }
  noteFile(env, poolVariable, note);
  const addressOf = (provider: ProviderName): KeyOrigin => {
    const owner = owners.find(({ name }) => name === provider);
    const variable = owner && keylessVariable(owner, env);
    return { variable: variable ?? '', position: 1, inFile: false, keyless: true };
  };
  const ownVariable = (provider: ProviderName): string => {
    const owner = owners.find(({ name }) => name === provider);
    return `${owner?.prefixes.at(-1)}_API_KEY`;
  };
  return (key) =>
    key.keyless === true
      ? addressOf(key.provider)
      : key.isAnonymous === true
        ? { variable: ownVariable(key.provider), position: 1, inFile: false }
        : (found.get(fingerprint(key.secret, localSalt)) ?? { variable: poolVariable, position: 1, inFile: true });
}

function noteFile(env: Environment, variable: string, note: (secret: Secret, origin: KeyOrigin) => void): void {
  for (const { secret, place } of readKeys({ [variable]: env[variable] }).keys) {
    note(secret, { variable, position: place, inFile: true });
  }
}

/** `BYTEZ_API_KEYS, position 3`. */
export function originWords({ variable, position, inFile, keyless, isAdded }: KeyOrigin): string {
  if (isAdded === true) return 'add another with "darkroom keys add", then "darkroom keys remove" this one';
  if (keyless === true) return `${variable}, without a key`;
  return inFile ? `key ${position} of the file that ${variable} names` : `${variable}, position ${position}`;
}

/** One configured key with what the bot has stored about it. */
export type KnownKey = {
  readonly id: KeyId;
  /** `bytez #3` */
  readonly name: string;
  readonly provider: ProviderName;
  readonly place: number;
  /** Its server is asked without a key. */
  readonly keyless: boolean;
  /** What is left on its account, where the provider tells. */
  readonly balance?: KeyBalance;
  /** The UTC day from which on it is not used. */
  readonly endsOn?: string;
  /** What operators call it. */
  readonly label?: string;
  /** Unknown until the bot has run here once; absent where there is no key. */
  readonly fingerprint: KeyId | undefined;
  /** Shown in a terminal only. */
  readonly hint: string;
  readonly origin: KeyOrigin;
  readonly state: KeyState;
  readonly inFlight: number;
  readonly seats: number;
  /** The name of the first key of its account, when it shares one. */
  readonly account: string | undefined;
  readonly health: KeyHealth;
};

export type KnownKeys = {
  readonly nowMs: number;
  readonly bot: 'running' | 'stopped' | 'never-ran';
  readonly config: Config;
  readonly keys: readonly KnownKey[];
  /** How many keys the bot remembers that are not configured here. */
  readonly unconfigured: number;
  /** Providers that accept their keys and serve no model of the chains now; known while the bot runs. */
  readonly empty: ReadonlySet<ProviderName>;
  readonly warnings: readonly string[];
};

/** The environment that `start` would see, without the token: no command about keys needs it. */
export function readConfig(context: ProcessContext): {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly warnings: readonly string[];
} {
  const { env, warnings } = readEnvironment({ cwd: context.cwd, processEnv: context.env });
  return { env, config: parseConfig({ ...env, TELEGRAM_BOT_TOKEN: undefined }), warnings };
}

/** The keys, and the API that changes them. */
export type AdminLook = Disposable & {
  readonly known: KnownKeys;
  readonly admin: AdminApi;
};

/** Opens the admin API of a running or stopped bot and reads the keys; changes nothing by itself. */
export async function openAdminLook(context: ProcessContext, signal?: AbortSignal): Promise<AdminLook> {
  const { env, config, warnings } = readConfig(context);
  const read = withAnonymousKeys(readKeys(env), env);
  const { clock } = context;
  const opened = await openAdmin({ config, keys: read.keys, clock, ...(signal === undefined ? {} : { signal }) });
  const { admin, owner } = opened;
  const originOf = keyOrigins(env, read.keys);
  const views = await admin.keys.list();
  const nameOf = new Map(views.map(({ id, name }) => [id, name]));
  const keys = views.flatMap((view, index): readonly KnownKey[] => {
    const configured = read.keys[index];
    const { id, name, provider, hint, state, inFlight, seats, account, keyless, balance, ...more } = view;
    const { isAdded, endsOn, label, ...health } = more;
    if (configured === undefined && isAdded !== true) return [];
    return [
      {
        id,
        name,
        provider,
        place: configured?.place ?? Number(name.split('#').at(-1)),
        fingerprint: owner === 'never-ran' || keyless === true ? undefined : id,
        hint: keyless === true ? '' : hint,
        keyless: keyless === true,
        origin: configured === undefined ? addedOrigin : originOf(configured),
        state,
        inFlight,
        seats,
        account: account === undefined ? undefined : nameOf.get(account),
        health,
        ...(balance === undefined ? {} : { balance }),
        ...(endsOn === undefined ? {} : { endsOn }),
        ...(label === undefined ? {} : { label }),
      },
    ];
  });
  return {
    admin,
    known: {
      nowMs: clock.now(),
      bot: owner,
      config,
      keys,
      unconfigured: opened.unconfiguredKeys,
      empty: new Set(emptyProviders(await admin.alerts())),
      warnings: [...warnings, ...read.warnings],
    },
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** The configured keys with what the bot has stored about them. */
export async function readKnownKeys(context: ProcessContext): Promise<KnownKeys> {
  using look = await openAdminLook(context);
  return look.known;
}
