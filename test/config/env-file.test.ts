import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/env.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A `.env` with this text, and nothing around it. */
function dotEnv(text: string | Buffer, processEnv: Env = {}) {
  const { env, warnings } = readEnvironment({ cwd: '/house', processEnv, readFile: () => text.toString('utf8') });
  return { env: { ...env }, warnings };
}

test('a byte order mark before the first name does not hide it (K3)', () => {
  expect(dotEnv('\ufeffTELEGRAM_BOT_TOKEN=1\nB=2\n')).toEqual({
    env: { TELEGRAM_BOT_TOKEN: '1', B: '2' },
    warnings: [],
  });
  const utf16 = Buffer.from('\ufeffTELEGRAM_BOT_TOKEN=1\n', 'utf16le');
  expect(dotEnv(utf16)).toEqual({
    env: {},
    warnings: ['.env is not UTF-8 text; it is ignored, save it again as UTF-8'],
  });
});

test('an open quotation mark, a name set twice and Windows line ends are told or harmless (K4)', () => {
  const open = '.env line 1 opens a quotation mark at A and does not close it on that line';
  const swallowing = dotEnv('A="canary\r\nTELEGRAM_BOT_TOKEN=2\r\nC="4"\r\nD=5\r\n');
  expect(swallowing.warnings).toEqual([open]);
  expect(swallowing.env).not.toHaveProperty('TELEGRAM_BOT_TOKEN');
  expect(dotEnv('A="canary\r\nB=2\r\n')).toMatchObject({ env: { B: '2' }, warnings: [open] });
  expect(dotEnv('A=1\r\nB="2"\r\nA=3\r\n')).toEqual({
    env: { A: '3', B: '2' },
    warnings: ['.env line 3 sets A again; the last one counts'],
  });
});

test.each(['DEBUG', 'NODE_DEBUG'])(
  '%s is warned about, whether it is in the file or in the environment (K12)',
  (name) => {
    const warning = `${name} is set: what libraries print because of it may show secrets; unset it in production`;
    expect(dotEnv('', { [name]: 'grammy*' }).warnings).toEqual([warning]);
    expect(dotEnv(`${name}=http\n`).warnings).toEqual([warning]);
    expect(dotEnv('', { [name]: '' }).warnings).toEqual([]);
  },
);
