import { IntlMessageFormat } from 'intl-messageformat';
import { z } from 'zod';
import { messageIds, type MessageId } from './message-ids.ts';

/** The messages of one language, parsed once. */
export type CompiledLocale = Readonly<Record<MessageId, IntlMessageFormat>>;

const localeSchema = z.strictObject(
  Object.fromEntries(messageIds.map((id) => [id, z.string().min(1)])) as Record<MessageId, z.ZodString>,
);

/** People live in many zones and the house counts in UTC days, so dates are written in UTC. */
const formats = { date: { day: { dateStyle: 'long', timeZone: 'UTC' } as const } };

/** Turns a locale file into messages; an error names every message that is missing, unknown or not ICU. */
export function compileLocale(name: string, json: string): CompiledLocale {
  const parsed = localeSchema.safeParse(parseJson(name, json));
  if (!parsed.success) throw cannotLoad(name, parsed.error.issues.flatMap(issueWords));
  const mistakes: string[] = [];
  const messages = messageIds.map((id): readonly [MessageId, IntlMessageFormat | undefined] => {
    try {
      return [id, new IntlMessageFormat(parsed.data[id], name, formats, { ignoreTag: true })];
    } catch (error) {
      mistakes.push(`"${id}" is not an ICU message (${error instanceof Error ? error.message : String(error)})`);
      return [id, undefined];
    }
  });
  if (mistakes.length > 0) throw cannotLoad(name, mistakes);
  return Object.fromEntries(messages) as CompiledLocale;
}

function parseJson(name: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`Cannot load locale "${name}": the file is not valid JSON`, { cause });
  }
}

function issueWords(issue: z.core.$ZodIssue): readonly string[] {
  const id = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `unknown "${key}"`);
  if (id === '') return ['the file is not one flat object of messages'];
  if (issue.code === 'too_small') return [`empty "${id}"`];
  if (issue.code === 'invalid_type' && issue.message.includes('undefined')) return [`missing "${id}"`];
  return [`"${id}" is not a text`];
}

function cannotLoad(name: string, mistakes: readonly string[]): Error {
  return new Error(`Cannot load locale "${name}": ${mistakes.join(', ')}`);
}
