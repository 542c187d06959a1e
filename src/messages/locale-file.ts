import { IntlMessageFormat } from 'intl-messageformat';
import { z } from 'zod';
import { messageIds, type MessageId } from './message-ids.ts';

/** The messages of one language, each made when it is said for the first time. */
export type Locale = (id: MessageId) => IntlMessageFormat;

const localeSchema = z.strictObject(
  Object.fromEntries(messageIds.map((id) => [id, z.string().min(1)])) as Record<MessageId, z.ZodString>,
);

/** People live in many zones and the house counts in UTC days, so dates are written in UTC. */
const formats = { date: { day: { dateStyle: 'long', timeZone: 'UTC' } as const } };

/**
 * Turns a locale file into messages; an error names every message that is missing, unknown or not ICU. All are tried and
 * none is kept: most are never said, and each weighs ten times its text.
 */
export function readLocale(name: string, json: string): Locale {
  const parsed = localeSchema.safeParse(parseJson(name, json));
  if (!parsed.success) throw cannotLoad(name, parsed.error.issues.flatMap(issueWords));
  const make: Locale = (id) => new IntlMessageFormat(parsed.data[id], name, formats, { ignoreTag: true });
  const mistakes: string[] = [];
  for (const id of messageIds) {
    try {
      make(id);
    } catch (error) {
      mistakes.push(`"${id}" is not an ICU message (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  if (mistakes.length > 0) throw cannotLoad(name, mistakes);
  const said = new Map<MessageId, IntlMessageFormat>();
  return (id) => {
    const message = said.get(id) ?? make(id);
    said.set(id, message);
    return message;
  };
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
