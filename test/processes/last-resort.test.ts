import { expect, test } from 'vitest';
import { secretsFound } from '../support/secret-hunt.ts';
import { run, runLines, source } from '../support/child-process.ts';

const key = 'canary/provider+key=0123456789';

const token = '123456789:AAF-abc_defghijklmnopqrstuvwxyz01';

const address = `https://api.telegram.org/bot${token}/sendMessage?key=${encodeURIComponent(key)}`;

/** Makes the last resort, tells it of the key, and then does something that nobody caught. */
function lines(mishap: string): readonly string[] {
  return [
    `const { installLastResort } = await load('cli/last-resort.ts');`,
    `const { Secret } = await load('kit/secret.ts');`,
    `installLastResort().add([new Secret(${JSON.stringify(key)})]);`,
    `const key = ${JSON.stringify(key)}, address = ${JSON.stringify(address)};`,
    `const error = Object.assign(new Error('refused ' + key + ' at ' + address), { url: address, headers: { key } });`,
    mishap,
    'setTimeout(() => undefined, 10_000);',
  ];
}

test.each([
  ['an exception', 'setImmediate(() => { throw error; });'],
  ['a rejection', 'void Promise.reject(error);'],
  ['a rejection with a cause', 'void Promise.reject(new TypeError("fetch failed", { cause: error }));'],
  ['a rejection with what is no error', 'void Promise.reject({ key, address });'],
  ['a rejection with a text', 'void Promise.reject(key + " " + address);'],
  ['a rejection with nothing', 'void Promise.reject(undefined);'],
  ['a failed import', 'setImmediate(() => import("data:text/javascript,throw new Error(%22" + escape(key) + "%22)"));'],
  [
    'an error event that nobody hears',
    'const { EventEmitter } = await import("node:events"); new EventEmitter().emit("error", error);',
  ],
  ['the error at the top of the program', 'throw error;'],
])('%s that nobody caught ends the process, and its words hold no secret (K11)', async (_what, mishap) => {
  const { code, out, err } = await runLines(lines(mishap));
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^Cannot continue: /);
  expect(secretsFound([{ where: 'stderr', text: err }], [key, token])).toEqual([]);
  expect(err).not.toContain('sendMessage');
});

test('a warning of Node is printed in words and ends nothing (K11)', async () => {
  const mishap = 'process.emitWarning(error); process.emitWarning(key); setTimeout(() => process.exit(0), 50);';
  const { code, err } = await runLines(lines(mishap));
  expect(code).toBe(0);
  expect(err.match(/^Warning: /gm)).toHaveLength(2);
  expect(secretsFound([{ where: 'stderr', text: err }], [key, token])).toEqual([]);
});

test('a crash report leaves the environment out (K11)', async () => {
  const { out } = await runLines(
    [
      `const { installLastResort } = await load('cli/last-resort.ts');`,
      'installLastResort();',
      'process.stdout.write(JSON.stringify(process.report.getReport()));',
    ],
    { BYTEZ_API_KEY: 'canary-key-of-the-environment' },
  );
  expect(out).toContain('"header"');
  expect(out).not.toContain('canary');
});

test('the debugger is closed, and stays closed at the signal that would open it (K18)', async () => {
  const { code, err, out } = await runLines([
    `const { installLastResort } = await load('cli/last-resort.ts');`,
    'installLastResort();',
    "const { url } = await import('node:inspector');",
    "process.kill(process.pid, 'SIGUSR1');",
    'setTimeout(() => { process.stdout.write(String(url())); process.exit(0); }, 200);',
  ]);
  expect({ code, err, out }).toEqual({ code: 0, err: '', out: 'undefined' });
});

test('the start in production beside a debugger ends with code 2 and one sentence (K18)', async () => {
  const env = { NODE_ENV: 'production', TELEGRAM_BOT_TOKEN: token };
  const { code, err } = await run(['--inspect=127.0.0.1:0', `${source}/main.ts`, 'start'], { env });
  expect(code).toBe(2);
  expect(err).toContain('Cannot start: the debugger of Node is open');
  expect(err).not.toContain(token);
});
