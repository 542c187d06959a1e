import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { compiled } from './test/support/compiled.ts';
import { browser, integration, journeys, processes, unit } from './test/support/test-projects.ts';

/** Files share a worker and its modules, so a test leaves nothing behind for the next one. */
const shared = { isolate: false } as const;

/** Folders of tests lie in memory where there is room for them: what waits for a disk would be most of the time. */
function temporaryFolder(): Readonly<Record<string, string>> {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > 2e9 ? { TMPDIR: '/dev/shm' } : {};
  } catch {
    return {};
  }
}

export default defineConfig({
  test: {
    // Much of a journey is waiting: with a worker more than there are cores none of them is idle meanwhile.
    maxWorkers: availableParallelism() + 1,
    // A busy machine is no failure.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    restoreMocks: true,
    env: { ...temporaryFolder(), ...compiled, TEST_RUN: String(process.pid) },
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: 'unit', ...unit, ...shared } },
      { extends: true, test: { name: 'integration', include: integration, ...shared } },
      { extends: true, test: { name: 'journeys', include: journeys, ...shared } },
      { extends: true, test: { name: 'processes', include: processes, ...shared, testTimeout: 600_000 } },
      { extends: true, test: { name: 'browser', include: browser } },
    ],
  },
});
