import { z } from 'zod';
import type { Row } from './connection.ts';
import { StorageError } from './storage-error.ts';

/** Reads a row through its schema; the error names the table and the columns, never a value. */
export function parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const columns = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  const message = `Cannot read a row of "${table}": unexpected ${columns}; was it written by another version?`;
  throw new StorageError('unreadable-row', message, { cause: parsed.error });
}

/** Reads one whole number that a query answers under `name`; 0 when it answers nothing. */
export function numberOf(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0);
}

/** For `z.string().transform(fromJson)`: text that is not JSON becomes an issue of the schema instead of an exception. */
export function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** Telegram may choose update ids anew after a quiet week; until then an id that comes again is the same update. */
export const rememberedMs = 7 * 86_400_000;
