import type { JobEngine, RunningCaps } from '../../src/domain/job-engine.ts';

/** An engine whose time is moved by the test. */
export type TimedEngine = JobEngine & {
  /** The same engine, whose time is this from now on. */
  at(nowMs: number): TimedEngine;
};

/** One engine under test, in a store of its own that goes when it is disposed. */
export type EngineUnderTest = AsyncDisposable & {
  readonly engine: TimedEngine;
  /** The same store, opened by another owner after the death of the process; the former engine is not used any more. */
  reopen(): Promise<TimedEngine>;
};

/** Opens an engine at `startMs`; people may have any number running unless the test says otherwise. */
export type MakeEngine = (running?: RunningCaps) => Promise<EngineUnderTest>;
