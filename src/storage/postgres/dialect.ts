import type { TableName } from './schema-tables.ts';
import { primaryKeys } from './schema-tables.ts';

/**
 * Translates the SQL of the stores, which is SQLite's, to PostgreSQL. The stores keep to what both understand; the schema
 * brings the functions and operators of SQLite that PostgreSQL lacks (`iif`, `json_valid`, `max` of two, `->>` on text).
 * What is left is syntax: numbered parameters, a conflict target, `IS` between values, names in mixed case.
 */
export function toPostgres(sql: string): string {
  const known = translated.get(sql);
  if (known !== undefined) return known;
  const result = translate(sql);
  translated.set(sql, result);
  return result;
}

/** By the SQLite text; there are as many as there are statements in the stores. */
const translated = new Map<string, string>();

function translate(sql: string): string {
  const target = insertTarget(sql);
  let highest = 0;
  const parameter = (given: string) => {
    const place = given === '' ? highest + 1 : Number(given);
    highest = Math.max(highest, place);
    return `$${place}`;
  };
  const code = sql
    .split(literals)
    .map((part, place) =>
      place % 2 === 1 ? part : plainCode(part, target).replace(/\?(\d*)/g, (_, given: string) => parameter(given)),
    )
    .join('');
  return withConflict(code.trim(), target);
}

/** Text in quotes and names in double quotes: the odd parts of a split. */
const literals = /('(?:[^']|'')*'|"(?:[^"]|"")*")/;

function plainCode(part: string, target: InsertTarget | undefined): string {
  return part
    .replace(/--[^\n]*/g, '')
    .replace(/\bINSERT OR (?:REPLACE|IGNORE) INTO\b/, 'INSERT INTO')
    .replace(/\bON CONFLICT DO UPDATE\b/, () => `ON CONFLICT (${keyOf(target).join(', ')}) DO UPDATE`)
    .replace(/\bCAST\(/g, 'leading_integer(')
    .replace(/ AS INTEGER\)/g, ')')
    .replace(/\browid\b/g, 'ctid')
    .replace(/\bIS NOT (?!NULL\b|DISTINCT\b|TRUE\b|FALSE\b)/g, 'IS DISTINCT FROM ')
    .replace(/\bIS (?!NULL\b|NOT\b|DISTINCT\b|TRUE\b|FALSE\b)/g, 'IS NOT DISTINCT FROM ')
    .replace(/(?<![\w"$])[a-z]+[A-Z]\w*/g, '"$&"');
}

type InsertTarget = {
  readonly how: 'INSERT' | 'REPLACE' | 'IGNORE';
  readonly table: string;
  readonly columns: readonly string[];
};

function insertTarget(sql: string): InsertTarget | undefined {
  const found = /^\s*INSERT (?:OR (REPLACE|IGNORE) )?INTO (\w+)(?: \(([^)]*)\))?/.exec(sql);
  if (found === null) return undefined;
  const [, how = 'INSERT', table = '', columns = ''] = found;
  return {
    how: how === 'REPLACE' || how === 'IGNORE' ? how : 'INSERT',
    table,
    columns: columns.split(/,\s*/).map((name) => name.trim()),
  };
}

function keyOf(target: InsertTarget | undefined): readonly string[] {
  const key = target !== undefined && isTable(target.table) ? primaryKeys[target.table] : undefined;
  if (key === undefined)
    throw new Error(`Cannot translate a conflict of table "${target?.table ?? ''}": its key is not known`);
  return key;
}

function isTable(name: string): name is TableName {
  return Object.hasOwn(primaryKeys, name);
}

function withConflict(code: string, target: InsertTarget | undefined): string {
  if (target === undefined || target.how === 'INSERT') return code;
  if (target.how === 'IGNORE') return `${code} ON CONFLICT DO NOTHING`;
  const key = keyOf(target);
  const sets = target.columns.filter((name) => !key.includes(name)).map((name) => `${name} = excluded.${name}`);
  return `${code} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${sets.join(', ')}`;
}
