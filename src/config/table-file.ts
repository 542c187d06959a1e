import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';

/** The rows of a table, or everything that is wrong with it, row by row. */
export type TableRows<Row> =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly mistakes: readonly string[] };

const maxRows = 1_000;
const load = createRequire(import.meta.url);

/** The library for YAML, loaded when a file is read with it: most bots have no such file, and it is large. */
export function yaml(): typeof Yaml {
  return load('yaml') as typeof Yaml;
}

/** Reads a list of rows from YAML, of which JSON is a part: the list itself, or one under this name. Never throws. */
export function readTable(text: string, name: string): TableRows<unknown> {
  let value: unknown;
  try {
    // YAML 1.2 with its core schema: a day stays a text, and no alias grows without bound.
    const document = yaml().parseDocument(text, { version: '1.2', uniqueKeys: true, prettyErrors: true });
    const [error] = document.errors;
    if (error !== undefined) return { ok: false, mistakes: [`cannot be read: ${firstLine(error.message)}`] };
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return { ok: false, mistakes: [`cannot be read: ${firstLine(error instanceof Error ? error.message : '')}`] };
  }
  if (value === null || value === undefined) return { ok: true, rows: [] };
  const inside =
    typeof value === 'object' && name in value ? (value as Readonly<Record<string, unknown>>)[name] : value;
  if (!Array.isArray(inside))
    return { ok: false, mistakes: [`must be a list of rows, or such a list under "${name}"`] };
  if (inside.length > maxRows) return { ok: false, mistakes: [`has more than ${maxRows} rows`] };
  return { ok: true, rows: inside };
}

/** What zod found in one row, each with the field that it concerns. */
export function rowMistakes(where: string, error: z.ZodError): readonly string[] {
  return error.issues.map(({ path, message }) =>
    [where, path.join('.'), message.charAt(0).toLowerCase() + message.slice(1)].filter((part) => part !== '').join(' '),
  );
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.replace(/:$/, '') ?? '';
}
