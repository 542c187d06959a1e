import type { ProviderName } from '../../domain/ids.ts';
import { unquoted } from '../../kit/unquoted.ts';

/** The environment variables of a provider. */
export type KeyOwner = {
  readonly name: ProviderName;
  /** How its variables begin; a provider known under two names has both, in reading order. */
  readonly prefixes: readonly [string, ...string[]];
  /** Further names for keys, read in the same forms as `<PREFIX>_API_KEY`: `HF_TOKEN`, `HF_TOKEN_2`, `HF_TOKENS`. */
  readonly aliases?: readonly string[];
  /** Variables that hold the two halves of one key, by their whole names; a colon joins them. */
  readonly keyPairs?: readonly { readonly id: string; readonly secret: string }[];
  /** The default of `<PREFIX>_BASE_URL`; empty where there is none. */
  readonly baseUrl?: string;
  /** Another base URL than the default makes a provider without a key of its own one that is asked without a key. */
  readonly keyless?: 'with-base-url';
};

/** A variable that may hold keys, or the path of a file that does. */
export type KeyVariable = {
  readonly name: string;
  readonly holds: 'keys' | 'path';
};

type Form = { readonly pattern: RegExp; readonly holds: KeyVariable['holds'] };

/**
 * The forms of what follows `<PREFIX>_API_KEY` or an alias, in the order in which their keys are counted; a number in a
 * name orders within its form.
 */
const forms: readonly Form[] = [
  { pattern: /^$/, holds: 'keys' },
  { pattern: /^_([0-9]{1,6})$/, holds: 'keys' },
  { pattern: /^([0-9]{1,6})$/, holds: 'keys' },
  { pattern: /^S$/, holds: 'keys' },
  { pattern: /^_FALLBACK(?:_([0-9]{1,6}))?$/, holds: 'keys' },
  { pattern: /^_FILE$/, holds: 'path' },
];

type Ranked = KeyVariable & { readonly form: number; readonly stem: number; readonly number: number };

/** `stems` are what the names of one prefix begin with: `HF_API_KEY`, `HF_TOKEN`. */
function rank(stems: readonly string[], name: string): Ranked | undefined {
  for (const [stem, begin] of stems.entries()) {
    if (!name.startsWith(begin)) continue;
    for (const [form, { pattern, holds }] of forms.entries()) {
      const match = pattern.exec(name.slice(begin.length));
      if (match !== null) return { name, holds, form, stem, number: Number(match[1] ?? 0) };
    }
  }
  return undefined;
}

/**
 * Returns the variable that holds the address of a server that may be asked without a key; undefined where the address is
 * the provider's own, which needs one.
 */
export function keylessVariable(
  owner: KeyOwner,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (owner.keyless === undefined) return undefined;
  // A default on this machine is an address of one's own, too, once it is set.
  const own = owner.baseUrl?.startsWith('https:') === true ? hostOf(owner.baseUrl) : undefined;
  return owner.prefixes
    .map((prefix) => `${prefix}_BASE_URL`)
    .find((name) => {
      const host = hostOf(unquoted(env[name] ?? ''));
      return host !== undefined && (own === undefined || !isOf(host, own));
    });
}

function hostOf(address: string): string | undefined {
  return URL.parse(address)?.host;
}

/** `eu.api.openai.com` is of `api.openai.com`: both end in the name of the provider. */
function isOf(host: string, own: string): boolean {
  const name = own.split('.').slice(-2).join('.');
  return host === own || host.endsWith(`.${name}`);
}

/** Returns the key variables of one provider among `names`, in reading order. */
export function keyVariables({ prefixes, aliases = [] }: KeyOwner, names: readonly string[]): readonly KeyVariable[] {
  return prefixes.flatMap((prefix) => {
    const stems = [`${prefix}_API_KEY`, ...aliases.filter((alias) => alias.startsWith(`${prefix}_`))];
    return names
      .map((name) => rank(stems, name))
      .filter((ranked) => ranked !== undefined)
      .sort((a, b) => a.form - b.form || a.stem - b.stem || a.number - b.number || (a.name < b.name ? -1 : 1))
      .map(({ name, holds }) => ({ name, holds }));
  });
}

type KeyPair = NonNullable<KeyOwner['keyPairs']>[number];

/** The key whose two halves stand in variables of their own; the name of the missing half where there is one half alone. */
export function pairedKey(
  { id, secret }: KeyPair,
  env: Readonly<Record<string, string | undefined>>,
): { readonly where: string; readonly key: string } | { readonly missing: string; readonly half: string } | undefined {
  const [first, second] = [id, secret].map((name) => unquoted((env[name] ?? '').trim()));
  if (first === '' && second === '') return undefined;
  if (first === '') return { missing: id, half: secret };
  if (second === '') return { missing: secret, half: id };
  return { where: `${id} and ${secret}`, key: `${first}:${second}` };
}
