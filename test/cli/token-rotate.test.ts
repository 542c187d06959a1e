import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withVariable } from '../../src/config/env-text.ts';
import { aCommandLine } from './command-line.ts';

const old = 'the-old-admin-token-0123456789abcdef';
const shape = /^[A-Za-z0-9_-]{43}$/;

function printedToken(out: string): string {
  const { token } = JSON.parse(out) as { token: string };
  expect(token).toMatch(shape);
  return token;
}

test('a token in a file is replaced there; mode, link and the end of the line stay as they were', async () => {
  using line = aCommandLine();
  mkdirSync(join(line.dataDir, 'secrets'));
  const file = join(line.dataDir, 'secrets', 'token');
  const link = join(line.dataDir, 'token');
  writeFileSync(file, old, { mode: 0o640 });
  chmodSync(file, 0o640);
  symlinkSync(file, link);
  line.env['ADMIN_TOKEN_FILE'] = link;
  const { code, out, err } = await line.run('token rotate --json');
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({ writtenTo: 'ADMIN_TOKEN_FILE', bot: 'not-running' });
  expect(readFileSync(file, 'utf8')).toBe(printedToken(out));
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(line.dataDir, 'secrets'))).toEqual(['token']);
});

test('a token in .env is replaced on its line, and no other byte of the file changes', async () => {
  using line = aCommandLine();
  const path = join(line.dataDir, '.env');
  const lines = (token: string) =>
    `# ours\r\nLOG_LEVEL="debug" # loud\r\n  export ADMIN_TOKEN=${token}\r\nADMIN_TOKENS=no\r\nBOT='a\r\nb'\r\n`;
  writeFileSync(path, lines(`"${old}"`), { mode: 0o600 });
  const { code, out } = await line.run('token rotate --json');
  expect(code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(lines(printedToken(out)));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('for people the token is printed once, with what was done', async () => {
  using line = aCommandLine();
  writeFileSync(join(line.dataDir, '.env'), `ADMIN_TOKEN=${old}\n`, { mode: 0o600 });
  const { out, err } = await line.run('token rotate', { tty: true });
  expect(out).toMatch(
    /^The new token, which is not shown again:\n\n {2}[A-Za-z0-9_-]{43}\n\nIt was written to \.env\. No bot runs here; the next start uses it\.\n$/,
  );
  expect([err, out.includes(old)]).toEqual(['', false]);
});

test('a token of the plain environment is refused with what to do, and nothing is written', async () => {
  using line = aCommandLine();
  line.env['ADMIN_TOKEN'] = old;
  line.env['ADMIN_TOKEN_FILE'] = join(line.dataDir, 'token');
  const { code, out, err } = await line.run('token rotate');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(
    /^Cannot rotate ADMIN_TOKEN: it comes from the environment of the process .* ADMIN_TOKEN_FILE names/,
  );
  expect(err).not.toContain(old);
  expect(existsSync(join(line.dataDir, 'token'))).toBe(false);
});

test.each([
  ['no token anywhere', '', undefined, /none is set here/],
  ['quotation marks over two lines', `ADMIN_TOKEN="abc\ndef"\n`, undefined, /quotation marks .* are not closed/],
  ['a folder that does not exist', '', 'no/such/folder/token', /the system says ENOENT; nothing was changed/],
])('with %s the refusal says why, and the token is not printed', async (_what, dotEnv, file, why) => {
  using line = aCommandLine();
  if (dotEnv !== '') writeFileSync(join(line.dataDir, '.env'), dotEnv);
  if (file !== undefined) line.env['ADMIN_TOKEN_FILE'] = join(line.dataDir, file);
  const { code, out, err } = await line.run('token rotate --json');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(why);
  expect(readdirSync(line.dataDir)).toEqual(dotEnv === '' ? [] : ['.env']);
  if (dotEnv !== '') expect(readFileSync(join(line.dataDir, '.env'), 'utf8')).toBe(dotEnv);
});

test('withVariable() adds a variable that is missing, and changes the line that counts', () => {
  expect(withVariable('A=1', 'B', '2')).toBe('A=1\nB=2\n');
  expect(withVariable('', 'B', '2')).toBe('B=2\n');
  expect(withVariable('B=1\nA=0\nB=3\n', 'B', '2')).toBe('B=1\nA=0\nB=2\n');
  expect(withVariable("A='one\nB=no\n'\n", 'B', '2')).toBeUndefined();
});
