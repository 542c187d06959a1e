import type { Fault, Scenario } from './scenario.ts';

const keysOfTheFirst = [1, 2, 3, 4, 5] as const;
const keysOfTheSecond = [6, 7, 8, 9, 10] as const;
const scarcity = { seats: [1], serviceMs: 2_000, leastRequests: 400, keys: keysOfTheFirst.length } as const;

function twoModels(name: string, says: string, fault: Pick<Fault, 'deed'> & Partial<Fault>): Scenario {
  const faults = [{ of: 'provider', models: [1], ...fault }] as const;
  return { name: `models-${name}`, says: `two models: ${says}`, chain: [1, 1], faults, ...scarcity };
}

function twoProviders(name: string, says: string, fault: Pick<Fault, 'deed'> & Partial<Fault>): Scenario {
  const faults = [{ of: 'provider', models: [1], ...fault }] as const;
  return { name: `chain-${name}`, says: `two providers: ${says}`, chain: [1, 2], faults, ...scarcity };
}

/** Rows with somewhere else to go: a second model with the same keys, or a second provider with keys of its own. */
export const chainScenarios: readonly Scenario[] = [
  twoModels('down', 'the first answers 503', { deed: 'unavailable' }),
  twoModels('hanging', 'the first never answers', { deed: 'hang' }),
  twoModels('slow', 'the first is 40 times slower', { deed: 'slow' }),
  twoModels('unknown', 'the first does not exist', { deed: 'unknown-model' }),
  twoProviders('down', 'the first answers 503', { deed: 'unavailable' }),
  {
    ...twoProviders('idle-hanging', 'the first never answers, and few ask', { deed: 'hang' }),
    mostClients: 2,
    leastRequests: 200,
  },
  twoProviders('hanging', 'the first never answers', { deed: 'hang' }),
  twoProviders('outage', 'the first answers 503 for a minute', { deed: 'unavailable', fromMs: 5_000, untilMs: 65_000 }),
  twoProviders('limited', 'every key of the first is rate-limited and says for 10 minutes', {
    deed: 'rate-limited',
    of: 'keys',
    keys: keysOfTheFirst,
    fromMs: 5_000,
    untilMs: 605_000,
    saysWhen: true,
  }),
  twoProviders('slow', 'the first is 40 times slower', { deed: 'slow' }),
  twoProviders('empty', 'the first knows none of its models', { deed: 'unknown-model' }),
  {
    name: 'chain-three',
    says: 'three providers: one knows none of its models, one is rate-limited, one is fine',
    chain: [1, 2, 3],
    faults: [
      { of: 'provider', models: [1], deed: 'unknown-model' },
      { of: 'keys', keys: keysOfTheSecond, deed: 'rate-limited', fromMs: 5_000, untilMs: 605_000, saysWhen: true },
    ],
    ...scarcity,
  },
];
