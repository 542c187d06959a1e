import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests that open the whole app over HTTP. */
const journeys = ['test/journeys/**/*.test.ts', 'test/foreign/**/*.test.ts'];
/** Tests that start processes, kill them, or load the machine. */
const processes = ['test/{processes,pressure,faults}/**/*.test.ts'];
/** Tests that look at pages in a browser. */
const browser = ['test/browser/**/*.test.ts'];

/** Files share a worker and its modules: no test leaves anything behind for the next one. */
const shared = { isolate: false } as const;

export default defineConfig({
  test: {
    // Most of a journey is waiting: a worker less than there are cores, as is usual, would leave them idle.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // A busy machine is no failure.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...journeys, ...processes, ...browser],
          ...shared,
        },
      },
      { extends: true, test: { name: 'journeys', include: journeys, ...shared } },
      { extends: true, test: { name: 'processes', include: processes, ...shared } },
      { extends: true, test: { name: 'browser', include: browser } },
    ],
  },
});
