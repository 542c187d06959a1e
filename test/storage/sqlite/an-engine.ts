import type { RunningCaps } from '../../../src/domain/job-engine.ts';
import type { ProviderName } from '../../../src/domain/ids.ts';
import type { Database } from '../../../src/storage/database.ts';
import { createJobEngine, type JobEngineOptions } from '../../../src/storage/stores/jobs/job-engine.ts';
import type { TimedEngine } from '../../conformance/engine-under-test.ts';
import { anyNumber, startMs } from '../../conformance/requests.ts';

type Options = Pick<JobEngineOptions, 'owner' | 'news'> & {
  readonly running?: RunningCaps;
  readonly time?: { nowMs: number };
  readonly lines?: readonly ProviderName[];
};

/** An engine whose time stands at `startMs` until a test moves it; each call makes another owner. */
export function anEngine(
  database: Database,
  { running = anyNumber, time = { nowMs: startMs }, lines, ...process }: Options = {},
): TimedEngine {
  const engine: TimedEngine = {
    ...createJobEngine({ database, clock: { now: () => time.nowMs }, running, lines, ...process }),
    at: (nowMs) => {
      time.nowMs = nowMs;
      return engine;
    },
  };
  return engine;
}
