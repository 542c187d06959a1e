import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type SimulateOptions, simulateFaults } from '../../simulator/command.ts';
import type { Measured } from '../../simulator/measure.ts';
import { scenarioNames } from '../../simulator/scenarios.ts';
import { usualSettings } from '../../simulator/simulate.ts';
import { StartError } from '../../src/app/start-error.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

async function run(options: Partial<SimulateOptions>) {
  const printed: string[] = [];
  const lines: string[] = [];
  await simulateFaults(
    { ...usualSettings, requests: 50, faults: ['one-401'], strategy: [], json: false, ...options },
    { print: (text) => void printed.push(text), progress: (line) => void lines.push(line) },
  );
  return { printed: printed.join('\n'), lines };
}

function darkroom(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'simulate', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A file with this content, gone at the end. */
function aFile(content: string) {
  const dir = mkdtempSync(join(tmpdir(), 'darkroom-simulate-'));
  const path = join(dir, 'mine.json');
  writeFileSync(path, content);
  return { path, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

test('simulate prints a table for each fault, and says how far it is', async () => {
  const { printed, lines } = await run({ faults: ['one-401,none'] });
  expect(lines).toEqual(['[1/2] one-401', '[2/2] none']);
  const [first] = printed.split('\n\n');
  expect(first).toBe(`one-401: the first key is rejected
  contender                 answered  calls/request    p50    p95  wasted  wrong  left after
  one key, no retry              0 %           1.00      –      –      50      0     > 27 ms
  three blind attempts         100 %           2.00  2.1 s  2.1 s      50      0     > 8.2 s
  round robin, marks           100 %           1.04  50 ms  50 ms       2      0        5 ms
  fixed cooldown, shuffled     100 %           1.06  50 ms  55 ms       3      0        5 ms
  oracle                       100 %           1.00  50 ms  50 ms       0      0           –`);
});

test('simulate --strategy all puts every strategy beside the others', async () => {
  const { printed } = await run({ strategy: ['all'], json: true });
  const { results } = JSON.parse(printed) as { readonly results: readonly Measured[] };
  expect(results.map(({ contender }) => contender)).toEqual([
    'one key, no retry',
    'three blind attempts',
    'round robin, marks',
    'fixed cooldown, shuffled',
    'health-based',
    'round-robin',
    'least-used',
    'weighted',
    'primary-first',
    'oracle',
  ]);
});

test('simulate --json prints every figure and nothing else', async () => {
  const { printed } = await run({ json: true });
  const { settings, results } = JSON.parse(printed) as { readonly settings: unknown; readonly results: Measured[] };
  expect(settings).toEqual({ keys: 5, clients: 10, requests: 50, seed: 1 });
  expect(results.at(-1)).toEqual({
    scenario: 'one-401',
    contender: 'oracle',
    kind: 'oracle',
    keys: 5,
    clients: 10,
    requests: 50,
    answered: 50,
    answeredShare: 1,
    callsPerRequest: 1,
    p50Ms: 50,
    p95Ms: 50,
    wastedCalls: 0,
    mostWastedOnAKey: 0,
    wrongPenalties: 0,
    wrongSuspicions: 0,
  });
});

test('simulate takes a scenario from a file', async () => {
  using file = aFile(
    JSON.stringify({ name: 'mine', says: 'two are cut off', faults: [{ deed: 'cut', of: 'keys', keys: [1, 2] }] }),
  );
  const { printed } = await run({ faults: [file.path], json: true });
  const { results } = JSON.parse(printed) as { readonly results: readonly Measured[] };
  expect(results.map(({ scenario, answered }) => [scenario, answered])).toEqual([
    ['mine', 0],
    ['mine', 50],
    ['mine', 50],
    ['mine', 50],
    ['mine', 50],
  ]);
});

test('simulate names every mistake in a file of scenarios', async () => {
  using file = aFile(JSON.stringify({ name: 'mine', says: 'odd', seats: [0], faults: [{ deed: 'cut', of: 'luck' }] }));
  const refused = await run({ faults: [file.path] }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartError);
  expect(String(refused)).toContain(`Cannot use the scenario file ${file.path}`);
  expect(String(refused)).toContain('seats[0]');
  expect(String(refused)).toContain('faults[0].of');
});

test('simulate says that a file of scenarios is missing', async () => {
  await expect(run({ faults: ['./not-there.json'] })).rejects.toThrow(
    'Cannot read the scenario file ./not-there.json: it is missing or not JSON',
  );
});

test('an unknown fault is refused with the names there are, exit code 2', () => {
  expect(darkroom('--faults', 'one-402')).toEqual({
    status: 2,
    stdout: '',
    stderr: `Cannot simulate the fault "one-402": choose from all, ${scenarioNames.join(', ')}\n`,
  });
});

test('an unknown strategy is refused with the names there are, exit code 2', () => {
  expect(darkroom('--faults', 'none', '--strategy', 'luck')).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'Cannot simulate the strategy "luck": choose from all, health-based, round-robin, least-used, weighted, primary-first\n',
  });
});

test('a count that is none is refused, exit code 2', () => {
  const { status, stderr } = darkroom('--clients', '0');
  expect(status).toBe(2);
  expect(stderr).toContain("option '--clients <count>' argument '0' is invalid. It is a whole number from 1 to 1000.");
});

test('simulate --help lists the faults', () => {
  const { status, stdout } = darkroom('--help');
  expect(status).toBe(0);
  for (const name of scenarioNames) expect(stdout).toContain(`  ${name} `);
});
