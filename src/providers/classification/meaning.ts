import type { FailureReason, Sureness } from '../../domain/failure.ts';

/** The reasons that a response can give; failures of a result's download are not among them. */
export type AnsweredReason = Exclude<FailureReason, `result-${string}`>;

/** What an answer means, and what shows it. */
export type Meaning = {
  readonly reason: AnsweredReason;
  readonly sureness: Sureness;
  readonly by: 'code' | 'type' | 'status' | 'words';
};

/** The waits that an answer states, in milliseconds. */
export type Waits = {
  /** In its headers. */
  readonly headMs?: number | undefined;
  /** In its words or fields. */
  readonly bodyMs?: number | undefined;
};
