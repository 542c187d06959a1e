import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { withSecretFiles } from './secret-files.ts';
import { adminWarnings, redisWarnings, valueWarnings } from './value-warnings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type EnvironmentReading = {
  readonly env: Environment;
  /** Suspicious lines and dangerous settings; names and line numbers, never values. */
  readonly warnings: readonly string[];
  /** Whether there is a `.env` file with values. */
  readonly hasFile: boolean;
};

type EnvironmentOptions = {
  readonly cwd: string;
  readonly processEnv: Environment;
  /** Throws when the file is absent, as `readFileSync` does. */
  readonly readFile?: (path: string) => string;
  /** Whether everyone on this machine may read the file. */
  readonly isOpenToAll?: (path: string) => boolean;
};

/** The real environment over the `.env` file of the working folder; a name set to nothing in the real one stays empty. */
export function readEnvironment(options: EnvironmentOptions): EnvironmentReading {
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const real = Object.fromEntries(Object.entries(options.processEnv).filter(([, value]) => value !== undefined));
  const path = join(options.cwd, '.env');
  const file = readDotEnv(path, readFile);
  const secrets = withSecretFiles({ ...file.values, ...real });
  const { env } = secrets;
  const hasFile = Object.keys(file.values).length > 0;
  const { isOpenToAll = isWorldReadable } = options;
  const open =
    hasFile && isOpenToAll(path)
      ? ['.env may be read by everyone on this machine; take that right away (chmod 600 .env)']
      : [];
  return {
    env,
    warnings: [
      ...file.warnings,
      ...open,
      ...secrets.warnings,
      ...valueWarnings(env),
      ...adminWarnings(env),
      ...redisWarnings(env),
      ...debugWarnings(env),
    ],
    hasFile,
  };
}

function isWorldReadable(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return process.platform !== 'win32' && ((stat?.mode ?? 0) & 0o004) !== 0;
}

function readDotEnv(path: string, readFile: (path: string) => string): { values: Environment; warnings: string[] } {
  let text: string;
  try {
    text = readFile(path).replace(/^\ufeff/, '');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { values: {}, warnings: absent ? [] : ['.env cannot be read; it is ignored'] };
  }
  if (text.includes('\0') || text.startsWith('\ufffd')) {
    return { values: {}, warnings: ['.env is not UTF-8 text; it is ignored, save it again as UTF-8'] };
  }
  return { values: parseEnv(text), warnings: suspiciousLines(text) };
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=[^\S\n]*(.*)$/;

/**
 * Node's parser takes the last of two equal names, lets an open quote swallow the lines that follow, cuts a value at a #,
 * joins no lines at a backslash, and takes a line without = for the beginning of the next name: all silently.
 */
function suspiciousLines(text: string): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  const lines = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name === undefined) {
      const isText = !/^\s*(?:#|$)/.test(line);
      if (isText) warnings.push(`.env line ${index + 1} is no NAME=value, and hides the name on the line after it`);
      continue;
    }
    if (seen.has(name)) warnings.push(`.env line ${index + 1} sets ${name} again; the last one counts`);
    seen.add(name);
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined) warnings.push(...unquotedWarnings(index + 1, name, value));
    if (quote === undefined || value.includes(quote, 1)) continue;
    const length = lines.slice(index + 1).findIndex((line) => line.includes(quote));
    const swallowed = length < 0 ? [] : lines.slice(index + 1, index + 2 + length);
    if (length < 0 || swallowed.some((line) => assignment.test(line))) {
      warnings.push(`.env line ${index + 1} opens a quotation mark at ${name} and does not close it on that line`);
    }
    index += swallowed.length;
  }
  return warnings;
}

function unquotedWarnings(line: number, name: string, value: string): readonly string[] {
  if (/^[^#]*\S#/.test(value)) {
    return [`.env line ${line} cuts ${name} at a #; enclose the value in quotation marks if the # belongs to it`];
  }
  if (/\\\s*$/.test(value)) {
    return [`.env line ${line} ends ${name} with a backslash, but lines are not joined here; write it on one line`];
  }
  return [];
}

/** Debug output of libraries bypasses the logger and may contain URLs with the bot's token. */
function debugWarnings(env: Environment): string[] {
  return ['DEBUG', 'NODE_DEBUG']
    .filter((name) => (env[name] ?? '') !== '')
    .map((name) => `${name} is set: what libraries print because of it may show secrets; unset it in production`);
}
