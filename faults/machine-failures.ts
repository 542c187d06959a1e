import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Check, PartOptions, PartReport } from './check.ts';
import { resultsDir } from './stand-ins.ts';

const root = join(import.meta.dirname, '..');

const report = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string(), duration: z.number().nullish() })),
    }),
  ),
});

/** Runs test/pressure (full disks, locked databases, clock changes, late answers); each test is a check. */
export async function machineFailures({ progress }: PartOptions): Promise<PartReport> {
  const file = join(resultsDir, `pressure-${process.pid}.json`);
  progress('the tests of test/pressure');
  try {
    await vitest(['run', 'test/pressure', '--reporter=json', `--outputFile=${file}`]);
    const { testResults } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
    return {
      checks: testResults.flatMap(({ message, assertionResults }): readonly Check[] => {
        if (assertionResults.length === 0) return [{ what: message, found: 'failed', wanted: 'passed', holds: false }];
        return assertionResults.map(({ title, status }) => ({
          what: title,
          found: status,
          wanted: 'passed',
          holds: status === 'passed',
        }));
      }),
    };
  } finally {
    rmSync(file, { force: true });
  }
}

/** Resolves when vitest has ended; its results are in the report file. */
function vitest(words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...words], {
      cwd: root,
      stdio: 'ignore',
    });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}
