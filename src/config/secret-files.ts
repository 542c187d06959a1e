import { readSmallFile, type SmallFile } from '../kit/files.ts';
import { unquoted } from '../kit/unquoted.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Secrets that may stand in a file (a mounted one, say), each under its name with `_FILE` behind it. */
export const secretsInFiles = [
  'TELEGRAM_BOT_TOKEN',
  'DATABASE_URL',
  'WEBHOOK_SECRET',
  'ADMIN_TOKEN',
  'MASTER_KEY',
  'WEBHOOK_SIGNING_KEY',
  'VAULT_TOKEN',
  'VAULT_SECRET_ID',
] as const;

export type SecretFileName = `${(typeof secretsInFiles)[number]}_FILE`;

/** A value for each of the variables that name files of secrets. */
export function perSecretFile<Value>(valueOf: (secret: string) => Value): Readonly<Record<SecretFileName, Value>> {
  const entries = secretsInFiles.map((name) => [`${name}_FILE`, valueOf(name)]);
  return Object.fromEntries(entries) as Record<SecretFileName, Value>;
}

/**
 * The environment with the secrets that files hold. The variable itself counts more than its file. What is wrong with a
 * file is a warning that names the variable, never the path or a value; the secret is then missing.
 */
export function withSecretFiles(
  env: Environment,
  readFile: (path: string) => SmallFile = readSmallFile,
): { readonly env: Environment; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const found: Record<string, string> = {};
  for (const name of secretsInFiles) {
    const path = unquoted((env[`${name}_FILE`] ?? '').trim());
    if (path === '') continue;
    if ((env[name] ?? '') !== '') {
      warnings.push(`${name} and ${name}_FILE are both set; ${name} counts`);
      continue;
    }
    const file = readFile(path);
    if (file.kind === 'unreadable') {
      warnings.push(`${name}_FILE names a file that ${file.why}; ${name} is missing`);
      continue;
    }
    if (file.openToAll) {
      warnings.push(
        `${name}_FILE names a file that everyone on this machine may read; take that right away (chmod 600)`,
      );
    }
    found[name] = file.text.replace(/^\ufeff/, '').trim();
  }
  return { env: { ...env, ...found }, warnings };
}
