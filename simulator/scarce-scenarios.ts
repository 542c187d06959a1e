import type { Fault, Scenario } from './scenario.ts';

const minuteOfOutage = { fromMs: 5_000, untilMs: 65_000 } as const;

/** The first key fails in one way while more ask than keys are there. */
function scarce(
  name: string,
  says: string,
  fault: Pick<Fault, 'deed'> & Partial<Fault>,
  rest: Partial<Scenario> = {},
): readonly Scenario[] {
  const row = { seats: [1], faults: [{ of: 'keys', keys: [1], ...fault }], leastClients: 12 } as const;
  return [
    {
      name: `scarce-${name}`,
      says: `${says}; 2 s, one seat a key`,
      ...row,
      serviceMs: 2_000,
      leastRequests: 400,
      ...rest,
    },
    { name: `long-${name}`, says: `${says}; 40 s, one seat a key`, ...row, serviceMs: 40_000, ...rest },
  ];
}

/**
 * Rows in which there is no room to go elsewhere: every key carries one call, as a free account does, and calls take
 * seconds. A key that is left too late, or wrongly, costs answers, calls or time here.
 */
export const scarceScenarios: readonly Scenario[] = [
  ...scarce('cut', 'the first key is cut off', { deed: 'cut' }),
  ...scarce('truncated', 'the first key answers half', { deed: 'truncated' }),
  ...scarce('hanging', 'the first key never answers', { deed: 'hang' }),
  ...scarce('slow', 'the first key is 40 times slower', { deed: 'slow' }),
  {
    name: 'scarce-flapping',
    says: 'the first key answers 503 half of the time; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'unavailable', of: 'keys', keys: [1], fromMs: 250, untilMs: 15_000, everyMs: 30_000 }],
    serviceMs: 2_000,
    leastClients: 12,
    leastRequests: 400,
  },
  {
    name: 'idle-slow',
    says: 'the first key is 40 times slower and nobody is in a hurry; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'slow', of: 'keys', keys: [1] }],
    serviceMs: 2_000,
    leastRequests: 400,
    mostClients: 2,
  },
  {
    name: 'two-slow',
    says: '2 of 5 keys are 8 times slower, as many ask as keys are there; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'slow', of: 'keys', keys: [1, 2], times: 8 }],
    serviceMs: 2_000,
    leastRequests: 400,
    mostClients: 5,
  },
  {
    name: 'two-slow-room',
    says: '2 of 5 keys are 8 times slower',
    faults: [{ deed: 'slow', of: 'keys', keys: [1, 2], times: 8 }],
  },
  {
    name: 'some-cut',
    says: '10 % of all calls are cut off at random',
    faults: [{ deed: 'cut', of: 'provider', share: 0.1 }],
  },
  {
    name: 'slow-healed',
    says: 'the first key is 8 times slower for 10 s, as many ask as keys are there; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'slow', of: 'keys', keys: [1], untilMs: 10_000, times: 8 }],
    serviceMs: 2_000,
    leastRequests: 2_000,
    mostClients: 5,
  },
  {
    name: 'three-of-eight',
    says: '3 of 8 keys are cut off; 2 s, one seat a key',
    keys: 8,
    seats: [1],
    faults: [{ deed: 'cut', of: 'keys', keys: [1, 2, 3] }],
    serviceMs: 2_000,
    leastClients: 16,
    leastRequests: 500,
  },
  {
    name: 'partly-bad',
    says: 'half of the calls with 3 of 8 keys fail; 2 s, one seat a key',
    keys: 8,
    seats: [1],
    faults: [{ deed: 'failed-run', of: 'keys', keys: [1, 2, 3], share: 0.5 }],
    serviceMs: 2_000,
    leastClients: 16,
    leastRequests: 500,
  },
  {
    name: 'one-forbidden',
    says: 'calls with the first key are forbidden, its free probe is accepted; 40 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'forbidden', of: 'keys', keys: [1] }],
    serviceMs: 40_000,
  },
  {
    name: 'three-hanging',
    says: '3 of 8 keys stop answering, each carries many calls; 2 s',
    keys: 8,
    faults: [{ deed: 'hang', of: 'keys', keys: [1, 2, 3], fromMs: 5_000 }],
    serviceMs: 2_000,
    leastClients: 24,
    leastRequests: 400,
  },
  {
    name: 'some-hanging',
    says: '10 % of all calls are never answered; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'hang', of: 'provider', share: 0.1 }],
    serviceMs: 2_000,
    leastRequests: 400,
  },
  {
    name: 'metered',
    says: 'each key accepts ten calls a minute and does not say when the next; 2 s',
    perMinute: 10,
    faults: [],
    serviceMs: 2_000,
    leastClients: 20,
    leastRequests: 400,
  },
  {
    name: 'minute-limit',
    says: 'every key is rate-limited for a minute and does not say so; 2 s',
    faults: [{ deed: 'rate-limited', of: 'keys', ...minuteOfOutage }],
    serviceMs: 2_000,
    leastClients: 20,
    leastRequests: 400,
  },
  {
    name: 'thirty-percent',
    says: '30 % of all calls fail at random; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'failed-run', of: 'provider', share: 0.3 }],
    serviceMs: 2_000,
    leastRequests: 400,
  },
  {
    name: 'brown-out',
    says: '90 % of all calls fail for a minute; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'unavailable', of: 'provider', share: 0.9, ...minuteOfOutage }],
    serviceMs: 2_000,
    leastRequests: 400,
  },
  {
    name: 'long-outage',
    says: '503 for a minute, whatever the key; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'unavailable', of: 'provider', ...minuteOfOutage }],
    serviceMs: 2_000,
    leastRequests: 400,
  },
  {
    name: 'silent-minute',
    says: 'no call is answered for a minute, whatever the key; 2 s, one seat a key',
    seats: [1],
    faults: [{ deed: 'hang', of: 'provider', ...minuteOfOutage }],
    serviceMs: 2_000,
    leastRequests: 400,
  },
  {
    name: 'shared-long',
    says: '5 keys belong to two accounts of one call; 40 s',
    accounts: 2,
    seats: [1],
    faults: [],
    serviceMs: 40_000,
  },
  {
    name: 'shared-long-six',
    says: '6 keys belong to three accounts of one call; 40 s',
    keys: 6,
    accounts: 3,
    seats: [1],
    faults: [],
    serviceMs: 40_000,
  },
];
