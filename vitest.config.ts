import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most of a journey is waiting: a worker less than there are cores, as is usual, would leave them idle.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // A busy machine is no failure.
    expect: { poll: { timeout: 20_000 } },
  },
});
