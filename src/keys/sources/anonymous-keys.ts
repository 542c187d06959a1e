import type { ProviderName } from '../../domain/ids.ts';
import { defaultKind, kindTraits } from '../../domain/kinds.ts';
import { Secret } from '../../kit/secret.ts';
import { unquoted } from '../../kit/unquoted.ts';
import { providerDefinitions } from '../../providers/registry.ts';
import type { KeyReading } from './read-keys.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const off: ReadonlySet<string> = new Set(['off', 'false', 'no', '0']);

/**
 * Adds the anonymous key of a provider that serves people without an account, where a bot would make no pictures
 * otherwise: when no provider of pictures has a key, or when the chain for pictures names the provider without a key of
 * its own. `<PREFIX>_ANONYMOUS=off` switches it off. Its warning says that it is used and what that means.
 */
export function withAnonymousKeys(reading: KeyReading, env: Environment): KeyReading {
  const chain = unquoted(env[kindTraits[defaultKind].chainVariable] ?? '');
  const hasKey = (provider: ProviderName) => reading.keys.some((key) => key.provider === provider);
  const isServedByOthers = providerDefinitions.some(
    ({ name, chains, adapter }) => adapter !== undefined && chains[defaultKind] !== undefined && hasKey(name),
  );
  const added = providerDefinitions.flatMap(({ name, prefixes, anonymousKey }) => {
    if (anonymousKey === undefined || hasKey(name)) return [];
    const isNamed = chain.split(',').some((candidate) => candidate.trim().startsWith(`${name}:`));
    if (chain === '' ? isServedByOthers : !isNamed) return [];
    const variable = `${prefixes.at(-1)}_ANONYMOUS`;
    if (off.has(unquoted((env[variable] ?? '').trim()).toLowerCase())) return [];
    const key = { provider: name, place: 1, secret: new Secret(anonymousKey), weight: 1, isAnonymous: true } as const;
    const why =
      chain === ''
        ? 'no key makes pictures'
        : `${kindTraits[defaultKind].chainVariable} names ${name}, which has no key`;
    const warning = `${why}, so the anonymous key of ${name} is used: pictures are free, slow (minutes each) and public; set a key of a provider, or ${variable}=off to do without`;
    return [{ key, warning }];
  });
  if (added.length === 0) return reading;
  return {
    keys: [...reading.keys, ...added.map(({ key }) => key)],
    warnings: [...reading.warnings, ...added.map(({ warning }) => warning)],
  };
}
