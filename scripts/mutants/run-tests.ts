import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type TestRun =
  | { readonly kind: 'passed' }
  /** With the titles of the tests that failed. */
  | { readonly kind: 'failed'; readonly titles: readonly string[] }
  /** A file could not be loaded, or vitest ended without a report. */
  | { readonly kind: 'broken'; readonly words: string }
  | { readonly kind: 'timed-out' };

type Report = {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

/** For the few files of one mutant: a test that waits for what the mutant took away waits for longer than this. */
const mutantPatienceMs = 240_000;

export type RunOptions = {
  /** Ends at the first failure. */
  readonly bail: boolean;
  readonly patienceMs: number;
};

/** Runs these test files in the tree; resolves when the process of vitest and all it started are gone. */
export async function runTests(
  tree: string,
  tests: readonly string[],
  signal: AbortSignal,
  { bail, patienceMs }: RunOptions = { bail: true, patienceMs: mutantPatienceMs },
): Promise<TestRun> {
  const reportFile = join(tree, 'mutant-report.json');
  rmSync(reportFile, { force: true });
  const words = ['run', ...tests, '--reporter=json', `--outputFile=${reportFile}`, ...(bail ? ['--bail=1'] : [])];
  // A group of its own, so that its end is the end of the processes that tests started too.
  const child = spawn(process.execPath, [join(tree, 'node_modules/vitest/vitest.mjs'), ...words], {
    cwd: tree,
    stdio: 'ignore',
    detached: true,
  });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  };
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  deadline.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  deadline.removeEventListener('abort', end);
  end();
  signal.throwIfAborted();
  return deadline.aborted ? { kind: 'timed-out' } : readReport(reportFile, code);
}

function readReport(file: string, code: number | null): TestRun {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { kind: 'broken', words: 'vitest ended without a report' };
  }
  const titles = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === 'failed' ? [fullName.trim()] : [])),
  );
  if (titles.length > 0) return { kind: 'failed', titles };
  const unloaded = report.testResults.find(
    ({ message, assertionResults }) => message !== '' && assertionResults.length === 0,
  );
  if (unloaded !== undefined) return { kind: 'broken', words: unloaded.message.split('\n')[0] ?? '' };
  if (report.numTotalTests === 0) return { kind: 'broken', words: 'no such test file' };
  // A run that was cut short at its first failure does not always name it.
  return code === 0 ? { kind: 'passed' } : { kind: 'failed', titles: [] };
}
