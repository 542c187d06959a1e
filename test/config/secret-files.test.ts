import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretsInFiles, withSecretFiles } from '../../src/config/secret-files.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { unknownNames } from '../../src/config/unknown-names.ts';

function aFile(text: string, mode = 0o600) {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-secret-'));
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test.each(secretsInFiles)('%s is read from the file that its variable names', (name) => {
  using file = aFile('\ufeffcanary-secret-0123456789\n');
  const { env, warnings } = readEnvironment({ cwd: '/', processEnv: { [`${name}_FILE`]: file.path } });
  expect([env[name], warnings, unknownNames(env)]).toEqual(['canary-secret-0123456789', [], []]);
});

test('a secret itself counts more than its file, and what is wrong with a file is told without its path', () => {
  using open = aFile('canary-secret-0123456789', 0o644);
  const both = withSecretFiles({ ADMIN_TOKEN: 'itself', ADMIN_TOKEN_FILE: open.path });
  expect([both.env['ADMIN_TOKEN'], both.warnings]).toEqual([
    'itself',
    ['ADMIN_TOKEN and ADMIN_TOKEN_FILE are both set; ADMIN_TOKEN counts'],
  ]);
  const wrong = withSecretFiles({
    MASTER_KEY_FILE: '/canary/nowhere',
    VAULT_TOKEN_FILE: tmpdir(),
    ADMIN_TOKEN_FILE: open.path,
  });
  expect(wrong.warnings).toEqual([
    'ADMIN_TOKEN_FILE names a file that everyone on this machine may read; take that right away (chmod 600)',
    'MASTER_KEY_FILE names a file that does not exist; MASTER_KEY is missing',
    'VAULT_TOKEN_FILE names a file that is not a plain file; VAULT_TOKEN is missing',
  ]);
});
