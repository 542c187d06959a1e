import type { JobEngine } from '../../src/domain/job-engine.ts';

/** One engine under test, in a store of its own that goes when it is disposed. */
export type EngineUnderTest = AsyncDisposable & {
  readonly engine: JobEngine;
  /** The same store, opened anew as after the death of the process; the former engine is not used any more. */
  reopen(): Promise<JobEngine>;
};

export type MakeEngine = () => Promise<EngineUnderTest>;
