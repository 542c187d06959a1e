import { unquoted } from '../kit/unquoted.ts';
import { keyVariables } from '../keys/sources/key-variables.ts';
import { definitionsFor } from '../providers/registry.ts';
import { knownNames } from './unknown-names.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Values that are the path of a file or folder. */
const pathNames: ReadonlySet<string> = new Set([
  'DATA_DIR',
  'TOKEN_POOL_FILE',
  'MODELS_FILE',
  'FAILURE_RULES_FILE',
  'S3_SECRET_ACCESS_KEY_FILE',
]);

const markAtOneEnd = /^["'`\u201c-\u201e\u00ab\u00bb]|["'`\u201c-\u201e\u00ab\u00bb]$/;

/**
 * Warnings about values that probably changed on their way from a shell or a file to this process: quotation marks,
 * comments, and names that only a shell expands. They name the variable and never show the value.
 */
export function valueWarnings(env: Environment): readonly string[] {
  const variables = definitionsFor(env).flatMap((owner) => keyVariables(owner, Object.keys(env)));
  const keyFiles = variables.filter(({ holds }) => holds === 'path').map(({ name }) => name);
  return [...knownNames(env), ...keyFiles].flatMap((name) => {
    const value = env[name] ?? '';
    const isPath = pathNames.has(name) || keyFiles.includes(name);
    return [...quoteWarnings(name, value), ...contentWarnings(name, unquoted(value), isPath)];
  });
}

/** One line for who expects Redis. */
export function redisWarnings(env: Environment): readonly string[] {
  if (unquoted(env['REDIS_URL'] ?? '').trim() === '') return [];
  return ['REDIS_URL is not read: what several processes share is in PostgreSQL, set DATABASE_URL'];
}

/** Warns where something needs an admin and there is none: payments, and people who ask to be let in. */
export function adminWarnings(env: Environment): readonly string[] {
  const written = (name: string) => unquoted(env[name] ?? '').trim();
  if (written('ADMIN_IDS') !== '') return [];
  const fix = 'put your Telegram user id into ADMIN_IDS';
  const sold = ['STARS_PACKS', 'STARS_SUBSCRIPTION'].find((name) => written(name) !== '');
  return [
    ...(sold === undefined
      ? []
      : [
          `${sold} is set and ADMIN_IDS is not: nobody is told what people write with /paysupport, and nobody can /refund; ${fix}`,
        ]),
    ...(written('ACCESS') === 'request'
      ? [`ACCESS is request and ADMIN_IDS is not set: nobody is asked, so nobody is let in; ${fix}`]
      : []),
  ];
}

function quoteWarnings(name: string, value: string): readonly string[] {
  if (unquoted(value) !== value) {
    return [`${name} is enclosed in quotation marks, which are dropped; write it without them`];
  }
  if (!markAtOneEnd.test(value.trim())) return [];
  return [`${name} begins or ends with a single quotation mark, which is taken as part of the value; remove it`];
}

function contentWarnings(name: string, value: string, isPath: boolean): readonly string[] {
  const warnings: string[] = [];
  if (/\s#|^#/.test(value)) {
    warnings.push(
      `${name} holds a # that is taken as part of the value; if a comment was meant, put it on its own line`,
    );
  }
  if (isPath && /^~(?:[/\\]|$)/.test(value)) {
    warnings.push(
      `${name} begins with ~, which only a shell expands: a folder with that name is used; write the whole path`,
    );
  }
  if (/\$\{[A-Za-z_]|%[A-Za-z_]+%/.test(value) || (isPath && /\$[A-Za-z_]/.test(value))) {
    warnings.push(`${name} names another variable, which nothing expands here; write the value itself`);
  }
  return warnings;
}
