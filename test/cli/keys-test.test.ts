import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { startBytezSandbox, type BytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { accountsOf, testKey } from '../support/test-app.ts';
import { aCommandLine, atMs, type CommandLine } from './command-line.ts';

const refused: readonly BytezFault[] = [{ do: { kind: 'unauthorized' } }];

async function withBytez(cli: CommandLine, accounts: readonly (readonly BytezFault[])[]): Promise<BytezSandbox> {
  const bytez = await startBytezSandbox({
    clock: systemClock,
    accounts: accountsOf(accounts),
  });
  cli.env['BYTEZ_BASE_URL'] = bytez.baseUrl;
  cli.env['BYTEZ_API_KEYS'] = accounts.map((_, index) => testKey(index + 1)).join(',');
  return bytez;
}

test('keys test probes every key at once, spends nothing and prints the results', async () => {
  using cli = aCommandLine();
  await using bytez = await withBytez(cli, [[], refused, []]);
  const { out, err, code } = await cli.run('keys test');
  expect(code).toBe(0);
  expect(out).toMatch(/bytez #1 +BYTEZ_API_KEYS, position 1 +\d+ ms +accepted\n/);
  expect(out).toMatch(/bytez #2 +BYTEZ_API_KEYS, position 2 +\d+ ms +rejected: .+\n/);
  expect(out).toContain('bytez: 2 of 3 keys are accepted\n');
  expect(
    err
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 11)),
  ).toEqual(['1 of 3 test', '2 of 3 test', '3 of 3 test']);
  expect(bytez.calls.map(({ route }) => route)).toEqual(['tasks', 'tasks', 'tasks']);
});

test('keys test notes that an accepted key was out of credit, which no free probe can see', async () => {
  using cli = aCommandLine();
  await using _bytez = await withBytez(cli, [[], []]);
  const state = {
    kind: 'benched',
    reason: 'out-of-credit',
    probeAtMs: atMs + 60_000,
    times: 1,
    confirmed: true,
  } as const;
  await cli.saveRecords({ 2: { state } });
  const { out } = await cli.run('keys test');
  expect(out).toMatch(/bytez #1 .* accepted\n/);
  expect(out).toMatch(/bytez #2 .* accepted, but out of credit when it was last used\n/);
});

test('keys test ends with 1 when no key is accepted', async () => {
  using cli = aCommandLine();
  await using _bytez = await withBytez(cli, [refused, refused]);
  const { out, code } = await cli.run('keys test');
  expect(code).toBe(1);
  expect(out).toContain('bytez: 0 of 2 keys are accepted');
});

test('keys test says that a provider cannot be reached, for each key', async () => {
  using cli = aCommandLine();
  cli.env['BYTEZ_BASE_URL'] = 'http://127.0.0.1:1/models/v2';
  cli.env['BYTEZ_API_KEYS'] = testKey(1);
  const { out, code } = await cli.run('keys test');
  expect(code).toBe(1);
  expect(out).toMatch(/bytez #1 .* unreachable: /);
});

test('keys test --json prints one document, and no progress where the output is no terminal', async () => {
  using cli = aCommandLine();
  await using _bytez = await withBytez(cli, [[], refused]);
  cli.env['KLING_API_KEY'] = testKey(8);
  await cli.saveRecords({});
  const { out, err, code } = await cli.run('keys test --json');
  expect(code).toBe(0);
  expect(err).toBe('');
  const fingerprint: unknown = expect.stringMatching(/^[0-9a-f]{16}$/);
  const ms: unknown = expect.any(Number);
  expect(JSON.parse(out)).toEqual({
    at: '2026-01-01T12:00:00.000Z',
    providers: [
      { provider: 'bytez', total: 2, working: 1 },
      { provider: 'kling', total: 1, working: 0 },
    ],
    keys: [
      {
        name: 'bytez #1',
        fingerprint,
        provider: 'bytez',
        origin: { variable: 'BYTEZ_API_KEYS', position: 1 },
        result: 'works',
        reason: null,
        detail: null,
        ms,
      },
      {
        name: 'bytez #2',
        fingerprint,
        provider: 'bytez',
        origin: { variable: 'BYTEZ_API_KEYS', position: 2 },
        result: 'failed',
        reason: 'rejected',
        detail: expect.any(String) as unknown,
        ms,
      },
      {
        name: 'kling #1',
        fingerprint,
        provider: 'kling',
        origin: { variable: 'KLING_API_KEY', position: 1 },
        result: 'not-asked',
        reason: null,
        detail: null,
        ms: 0,
      },
    ],
    warnings: [],
  });
});

test('a terminal shows one progress line while keys are tested, and the results in its place', async () => {
  using cli = aCommandLine();
  await using _bytez = await withBytez(cli, [[], [], []]);
  const { err } = await cli.run('keys test', { tty: true });
  expect(err).not.toContain('\n');
  expect(err.split('\r\u001b[2K').map((line) => line.slice(0, 13))).toEqual([
    '',
    '0 of 3 tested',
    '1 of 3 tested',
    '2 of 3 tested',
    '3 of 3 tested',
    '',
  ]);
});

test('keys test counts no key of a provider that is not served', async () => {
  using cli = aCommandLine();
  await using _bytez = await withBytez(cli, [[]]);
  cli.env['KLING_API_KEY'] = testKey(8);
  const { out } = await cli.run('keys test');
  expect(out.split('\n').slice(-3, -1)).toEqual([
    'bytez: 1 of 1 key is accepted',
    'kling: 1 key set; this version does not ask kling yet',
  ]);
});

test('Ctrl-C ends keys test at once', async () => {
  using cli = aCommandLine();
  await using bytez = await withBytez(cli, [[{ do: { kind: 'hang' }, route: 'list' }]]);
  const stop = new AbortController();
  bytez.onChange(() => stop.abort(new Error('Asked to stop')));
  const { out, code } = await cli.run('keys test', { stop: stop.signal });
  expect(code).toBe(130);
  expect(out).toBe('');
});
