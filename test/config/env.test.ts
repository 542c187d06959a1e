import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/env.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';

function reading(file: string, processEnv: Record<string, string | undefined> = {}) {
  return readEnvironment({ cwd: '/folder', processEnv, readFile: () => file });
}

test('readEnvironment() puts the real environment over the file, an empty real value included', () => {
  const asked: string[] = [];
  const { env, warnings } = readEnvironment({
    cwd: '/folder',
    processEnv: { A: 'real', B: '', C: undefined },
    readFile: (path) => {
      asked.push(path);
      return 'A=file\nB=file\nC=file\nD=file\n';
    },
  });
  expect(asked).toEqual(['/folder/.env']);
  expect({ ...env }).toEqual({ A: 'real', B: '', C: 'file', D: 'file' });
  expect(warnings).toEqual([]);
});

test('readEnvironment() accepts a missing file', () => {
  const missing = () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  expect(readEnvironment({ cwd: '/folder', processEnv: { A: '1' }, readFile: missing })).toEqual({
    env: { A: '1' },
    warnings: [],
    hasFile: false,
  });
});

test('readEnvironment() warns about a file without read permission', () => {
  const forbidden = () => {
    throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  };
  const { warnings } = readEnvironment({ cwd: '/folder', processEnv: {}, readFile: forbidden });
  expect(warnings).toEqual(['.env cannot be read; it is ignored']);
});

test('readEnvironment() strips a byte order mark and Windows line ends (K3, K4)', () => {
  const { env, warnings, hasFile } = reading('\ufeffBOT=1\r\nexport NEXT="a b"\r\n');
  expect({ ...env }).toEqual({ BOT: '1', NEXT: 'a b' });
  expect(hasFile).toBe(true);
  expect(warnings).toEqual([]);
});

test('readEnvironment() warns about names set twice, without their values (K4)', () => {
  const { env, warnings } = reading('A=first-secret\n# A=comment\nB=1\nA=second-secret\n');
  expect(env['A']).toBe('second-secret');
  expect(warnings).toEqual(['.env line 4 sets A again; the last one counts']);
});

test.each([
  ['A="never closed\nB=2\n', 1],
  ['X=1\nA="swallows\nB=2\nC="\n', 2],
  ['A="never closed\r\nB=2\r\nC="4"\r\nD=5\r\n', 1],
  ["A='it\nB=2\nC=don't\n", 1],
])('readEnvironment() warns about a quotation mark left open in %j (K4)', (file, line) => {
  const { warnings } = reading(file);
  expect(warnings).toEqual([`.env line ${line} opens a quotation mark at A and does not close it on that line`]);
});

test.each([
  ['A=sec#ret\nB=2\n', ['.env line 1 cuts A at a #; enclose the value in quotation marks if the # belongs to it']],
  ['A=secret # a comment\nB="sec#ret"\n# C=sec#ret\n', []],
  [
    'A=one,\\\n  two\nB=3\n',
    [
      '.env line 1 ends A with a backslash, but lines are not joined here; write it on one line',
      '.env line 2 is no NAME=value, and hides the name on the line after it',
    ],
  ],
  ['A: secret\nB=2', ['.env line 1 is no NAME=value, and hides the name on the line after it']],
])('readEnvironment() warns about what the parser changes silently in %j', (file, expected) => {
  const { warnings } = reading(file);
  expect(warnings).toEqual(expected);
  expect(warnings.join()).not.toMatch(/sec#?ret|two/);
});

test('readEnvironment() accepts a value that is meant to span lines', () => {
  const { env, warnings } = reading('KEYS="one\ntwo\nthree"\nB=2\n');
  expect({ ...env }).toEqual({ KEYS: 'one\ntwo\nthree', B: '2' });
  expect(warnings).toEqual([]);
});

test('readEnvironment() ignores a file saved as UTF-16 and says so', () => {
  const { env, warnings } = reading('\ufffd\ufffdA\0=\x001\0');
  expect(env).toEqual({});
  expect(warnings).toEqual(['.env is not UTF-8 text; it is ignored, save it again as UTF-8']);
});

test.each(['DEBUG', 'NODE_DEBUG'])(
  '%s is warned about, whether it is in the file or in the environment (K12)',
  (name) => {
    const warning = `${name} is set: what libraries print because of it may show secrets; unset it in production`;
    expect(reading('', { [name]: 'grammy*' }).warnings).toEqual([warning]);
    expect(reading(`${name}=http\n`).warnings).toEqual([warning]);
    expect(reading('', { [name]: '' }).warnings).toEqual([]);
  },
);

test('characters with a meaning in shells and URLs stay in a key of the file, byte for byte (K6)', () => {
  const key = String.raw`k$HOME%20#&=${'`'}id${'`'}$(id)\n/+!~`;
  expect(readKeys(reading(`BYTEZ_API_KEY='${key}'`).env).keys.map(({ secret }) => secret.reveal())).toEqual([key]);
});
