import { z } from 'zod';
import type { ProviderName } from '../../domain/ids.ts';
import type { SmallFile } from '../../kit/files.ts';

/** A key file. With `stale` its text is the earlier one, and `stale` says what is wrong with the file now. */
export type KeyFile = SmallFile & { readonly stale?: string };

export type ReadKeyFile = (path: string) => KeyFile;

/** Keys of one entry of the token-pool file; `where` names it by its position. */
export type PoolEntry = {
  readonly where: string;
  readonly provider: ProviderName;
  readonly onlyModel?: string;
  readonly value: string;
  /** By key: the UTC day from which on it is not used. */
  readonly ends?: ReadonlyMap<string, string>;
};

type TokenPool = {
  readonly entries: readonly PoolEntry[];
  readonly warnings: readonly string[];
};

const poolSchema = z.record(z.string(), z.unknown());
/** A key, or a key with the day of its end, which may have a time behind it: only the day counts. */
const keySchema = z.union([
  z.string().transform((key) => ({ key, ends: undefined })),
  z.object({
    key: z.string(),
    ends: z
      .string()
      .transform((text) => text.slice(0, 10))
      .pipe(z.iso.date())
      .optional(),
  }),
]);
const keysSchema = z.union([keySchema.transform((key) => [key]), z.array(keySchema)]);

/**
 * Reads `{"provider or provider:model": ["key", {"key": "key", "ends": "2027-01-01"}, ...]}`. Warnings name a bad entry by position only: its name may be a
 * misplaced key.
 */
export function parseTokenPool(text: string, variable: string, known: ReadonlySet<ProviderName>): TokenPool {
  const pool = poolSchema.safeParse(parseJson(text));
  if (!pool.success) {
    return { entries: [], warnings: [`${variable} must hold a JSON object of lists of keys; the file is skipped`] };
  }
  const entries: PoolEntry[] = [];
  const warnings: string[] = [];
  for (const [index, [name, value]] of Object.entries(pool.data).entries()) {
    const where = `${variable} entry ${index + 1}`;
    const owner = parseOwner(name, known);
    const keys = keysSchema.safeParse(value);
    if (owner === undefined) {
      warnings.push(`${where} must be named after a provider or provider:model; it is skipped`);
    } else if (!keys.success) {
      warnings.push(
        `${where} must be a list of keys in quotation marks, or of {"key", "ends": "2027-01-01"}; it is skipped`,
      );
    } else {
      const ends = new Map(
        keys.data.flatMap(({ key, ends: on }) => (on === undefined ? [] : [[key.trim(), on] as const])),
      );
      const value = keys.data.map(({ key }) => key).join('\n');
      entries.push({ where, ...owner, value, ...(ends.size === 0 ? {} : { ends }) });
    }
  }
  // Keys for every model come first: a duplicate that is bound to one model is dropped.
  return { entries: entries.sort((a, b) => boundTo(a) - boundTo(b)), warnings };
}

/** True for complete JSON; a file that is still being written usually is not. */
export function isTokenPool(text: string): boolean {
  return poolSchema.safeParse(parseJson(text)).success;
}

function boundTo(entry: PoolEntry): number {
  return entry.onlyModel === undefined ? 0 : 1;
}

function parseOwner(
  name: string,
  known: ReadonlySet<ProviderName>,
): { provider: ProviderName; onlyModel?: string } | undefined {
  const [, provider = '', model] = /^\s*([a-z][a-z0-9-]{0,39})(?::([\x21-\x7e]{1,200}))?\s*$/.exec(name) ?? [];
  if (!known.has(provider)) return undefined;
  return model === undefined ? { provider } : { provider, onlyModel: model };
}

/** Drops the error of JSON.parse, because it quotes the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
