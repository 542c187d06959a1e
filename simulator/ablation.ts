import type { Mechanism } from '../src/domain/mechanisms.ts';
import type { Measured } from './measure.ts';

/** From here on a mechanism earns its code: answers lost, in shares of all; calls more; time longer, in shares. */
const worthwhile = { answered: 0.01, calls: 0.05, p95: 0.2 } as const;

/** What an ablation is judged by; the mean of several seeds where there are several. */
export type Figures = { readonly answered: number; readonly calls: number; readonly p95Ms: number };

/**
 * The row in which each mechanism shows what it is worth: without it the row is worse by more than `worthwhile`. What
 * two choices are worth is the time of a decision among many keys, which no clock moved by hand can show.
 */
export const defendingRows: Readonly<Record<Exclude<Mechanism, 'twoChoices'>, string>> = {
  outlierDetection: 'scarce-cut',
  errorScoring: 'error-in-200',
  latencyScoring: 'two-slow-room',
  exploration: 'slow-healed',
  slowHoldBack: 'two-slow',
  seatGrowth: 'unknown-seats',
  seatCeiling: 'one-seat',
  sharedAccounts: 'shared-long',
  accountGuesses: 'shared-long',
  halfOpen: 'one-forbidden',
  ramp: 'metered',
  timeoutCooldown: 'long-hanging',
  avoidFailedKeys: 'some-cut',
  guessRollback: 'silent-minute',
  providerBreaker: 'outage',
  retryBudget: 'chain-idle-hanging',
  modelSilence: 'models-down',
  unknownModelCooldown: 'models-unknown',
  secondKey: 'some-cut',
  learnedDeadline: 'some-hanging',
};

export function figuresOf(seeds: readonly Measured[]): Figures {
  const mean = (pick: (one: Measured) => number) => seeds.reduce((sum, one) => sum + pick(one), 0) / seeds.length;
  return {
    answered: mean(({ answeredShare }) => answeredShare),
    calls: mean(({ callsPerRequest }) => callsPerRequest),
    p95Ms: mean(({ p95Ms }) => p95Ms ?? 0),
  };
}

/** How much worse a row is without a mechanism: 1 is just worth it, 0 or less is no harm. */
export function harmOf(having: Figures, without: Figures): number {
  return Math.max(
    (having.answered - without.answered) / worthwhile.answered,
    growth(having.calls, without.calls) / worthwhile.calls,
    growth(having.p95Ms, without.p95Ms) / worthwhile.p95,
  );
}

/** True when nobody goes without an answer for it and the row is better without the mechanism: what it costs. */
export function isCostly(having: Figures, without: Figures): boolean {
  return without.answered >= having.answered && harmOf(without, having) >= 1;
}

/** True when the row is worse without it by so much that the mechanism is worth having. */
export function isWorthIt(having: Figures, without: Figures): boolean {
  // 5 % more are not a hair less than 5 % because of how fractions are kept.
  return harmOf(having, without) >= 1 - 1e-9;
}

function growth(before: number, after: number): number {
  return before === 0 ? 0 : after / before - 1;
}
