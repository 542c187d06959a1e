import { z } from 'zod';
import type { Row } from './database.ts';
import { StorageError } from './storage-error.ts';

/** Parses a row with its schema; the StorageError names the table and the columns, never a value. */
export function parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const columns = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  const message = `Cannot read a row of "${table}": unexpected ${columns}; was it written by another version?`;
  throw new StorageError('unreadable-row', message, { cause: parsed.error });
}

/** Reads the number in column `name` of a row; 0 when there is none. */
export function numberOf(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0);
}

/** For `z.string().transform(fromJson)`: reports text that is not JSON as an issue of the schema. */
export function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** Telegram may restart its update ids after a week without updates; until then a repeated id is the same update. */
export const rememberedMs = 7 * 86_400_000;
