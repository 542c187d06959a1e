/** Everything that the key pool and the attempt loop do beyond the plain way, each by its name. */
export const mechanismNames = [
  'outlierDetection',
  'errorScoring',
  'latencyScoring',
  'exploration',
  'slowHoldBack',
  'twoChoices',
  'seatGrowth',
  'seatCeiling',
  'sharedAccounts',
  'accountGuesses',
  'halfOpen',
  'ramp',
  'timeoutCooldown',
  'avoidFailedKeys',
  'guessRollback',
  'providerBreaker',
  'retryBudget',
  'modelSilence',
  'unknownModelCooldown',
  'secondKey',
  'learnedDeadline',
] as const;

export type Mechanism = (typeof mechanismNames)[number];

/** Which of them are on. Production has them all; the simulator switches one off to see what it is worth. */
export type Mechanisms = Readonly<Record<Mechanism, boolean>>;

export const everyMechanism: Mechanisms = withoutSome([]);

export function without(mechanism: Mechanism): Mechanisms {
  return withoutSome([mechanism]);
}

function withoutSome(off: readonly Mechanism[]): Mechanisms {
  return Object.fromEntries(mechanismNames.map((name) => [name, !off.includes(name)])) as Mechanisms;
}
