import type { KnownKey } from './known-keys.ts';

export type Picked =
  | { readonly ok: true; readonly keys: readonly KnownKey[] }
  | { readonly ok: false; readonly why: string };

/** Shorter ones are too easily somebody else's. */
const shortestPrefix = 4;

/** The keys that the words name: `3`, `#3`, `bytez#3`, `bytez #3` or the beginning of a fingerprint. */
export function pickKeys(words: readonly string[], keys: readonly KnownKey[]): Picked {
  const picked: KnownKey[] = [];
  for (const word of words) {
    const found = keysNamed(word, keys);
    const [one] = found;
    if (one === undefined) return { ok: false, why: `there is no key "${word}"; ${namesOf(keys)}` };
    if (found.length > 1) return { ok: false, why: `"${word}" may be ${found.map(named).join(' or ')}` };
    if (!picked.includes(one)) picked.push(one);
  }
  return { ok: true, keys: picked };
}

function keysNamed(word: string, keys: readonly KnownKey[]): readonly KnownKey[] {
  const [, provider = '', place] = /^([a-z]*)\s{0,3}#?\s{0,3}([0-9]{1,6})$/i.exec(word.trim()) ?? [];
  const byName = keys.filter(
    (key) => key.place === Number(place) && (provider === '' || key.provider === provider.toLowerCase()),
  );
  if (byName.length > 0) return byName;
  const prefix = word.trim().replace(/…$/, '').toLowerCase();
  return prefix.length < shortestPrefix ? [] : keys.filter(({ fingerprint }) => fingerprint?.startsWith(prefix));
}

function namesOf(keys: readonly KnownKey[]): string {
  return keys.length === 0 ? 'no provider key is set' : `known are ${keys.map(named).join(', ')}`;
}

/** As one word, so that it can be typed as it stands. */
function named({ provider, place, fingerprint }: KnownKey): string {
  return `${provider}#${place}${fingerprint === undefined ? '' : ` (${fingerprint.slice(0, 8)})`}`;
}
