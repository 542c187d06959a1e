import type { FailureTable, StatusRule } from './classify.ts';
import { knownPhrases as says } from './phrases.ts';

/** Phrases for a status that does not name the cause. A wall in front comes first, and quota before the rate limit. */
const whoseFault = [
  says.blocksThisMachine,
  says.concurrency,
  says.pace,
  says.spentCredit,
  says.paymentRequired,
  says.rateLimit,
  says.allowance,
  says.adviceToPay,
  says.rejected,
  says.notEntitled,
  says.unknownModel,
  says.planAllows,
  says.refused,
  says.strangeParameter,
  says.unusablePrompt,
  says.timedOut,
  says.overloaded,
] as const;

/** Refusals come first: a wrong one costs one call, while a wrongly blamed key costs many. */
const ofTheRequest = [
  says.blocksThisMachine,
  says.refused,
  says.strangeParameter,
  says.unusablePrompt,
  ...whoseFault,
  says.unusableField,
] as const;

/**
 * What statuses mean where a provider does not define them otherwise. A provider's own rules stand before these in its
 * table: the first rule of a status counts.
 */
export const usualStatuses: readonly StatusRule[] = [
  /** A non-null error in a 2xx response. */
  { from: 200, to: 299, means: 'unrecognized', unless: [...whoseFault, says.failedRun], page: 'malformed' },
  { from: 300, to: 399, means: 'malformed' },
  { from: 400, means: 'bad-request', unconfirmed: 'guess', unless: ofTheRequest, page: 'malformed' },
  /** Decisive without known words: HTTP defines it for credentials alone. */
  {
    from: 401,
    means: 'rejected',
    unless: [says.blocksThisMachine, says.refused, says.spentCredit, says.allowance, says.adviceToPay, says.rejected],
  },
  {
    from: 402,
    means: 'out-of-credit',
    unconfirmed: 'likely',
    unless: [says.spentCredit, says.notEntitled, says.paymentRequired, says.allowance],
  },
  {
    from: 403,
    means: 'rejected',
    sureness: 'likely',
    unless: [
      says.blocksThisMachine,
      says.refused,
      says.concurrency,
      says.pace,
      says.spentCredit,
      says.paymentRequired,
      says.rateLimit,
      says.allowance,
      says.adviceToPay,
      says.rejected,
      says.notEntitled,
    ],
    page: 'malformed',
  },
  { from: 404, means: 'unknown-model', unconfirmed: 'likely', unless: [says.unknownModel, says.notEntitled] },
  { from: 408, means: 'timed-out', sureness: 'likely' },
  { from: 409, means: 'overloaded', sureness: 'likely', unless: whoseFault },
  { from: 410, means: 'unknown-model', sureness: 'likely' },
  { from: 413, to: 414, means: 'bad-request', sureness: 'likely', unless: ofTheRequest, page: 'malformed' },
  { from: 422, means: 'bad-request', sureness: 'likely', unless: ofTheRequest, page: 'malformed' },
  { from: 425, means: 'overloaded', sureness: 'likely', unless: whoseFault },
  {
    from: 429,
    means: 'rate-limited',
    unconfirmed: 'likely',
    unless: [
      says.blocksThisMachine,
      says.concurrency,
      says.atATime,
      says.pace,
      says.spentCredit,
      says.rateLimit,
      says.allowance,
      says.adviceToPay,
      says.notEntitled,
      says.credit,
      says.planAllows,
    ],
  },
  /** Refused for legal reasons: the same words are refused again. */
  { from: 451, means: 'refused', sureness: 'likely', unless: whoseFault, page: 'malformed' },
  { from: 500, means: 'failed-run', unless: [says.overloaded, says.strangeParameter, says.refusedPlainly] },
  { from: 501, to: 599, means: 'overloaded' },
];

/** What a 403 means at a provider that uses it for `means`, with phrases of its own; every usual phrase counts all the same. */
export function forbidden(means: StatusRule['means'], own: NonNullable<StatusRule['unless']> = []): StatusRule {
  const { unless = [], ...usual }: Partial<StatusRule> = usualStatuses.find(({ from }) => from === 403) ?? {};
  return { from: 403, sureness: 'likely', ...usual, means, unless: [...own, ...unless] };
}

/** For every other status. */
export const usualPhrases: FailureTable['phrases'] = whoseFault;

export const usualLimits = {
  pace: says.pace.says,
  allowance: says.allowance.says,
  money: says.spentMoney.says,
} as const satisfies FailureTable['limits'];
