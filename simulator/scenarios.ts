import { chainScenarios } from './chain-scenarios.ts';
import { type Fault, type Scenario, scenarioSchema } from './scenario.ts';
import { judgementScenarios } from './judgement-scenarios.ts';
import { scarceScenarios } from './scarce-scenarios.ts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartError } from '../src/app/start-error.ts';

/** The key that every simple bot uses first is the one at fault. */
const firstKey = (deed: Fault['deed'], rest: Partial<Fault> = {}): readonly Fault[] => [
  { deed, of: 'keys', keys: [1], ...rest },
];

/**
 * Rows in which there is mostly room to go elsewhere: calls of 50 ms, and where a row says nothing of seats nobody is
 * refused for want of one. Outages begin a quarter of a second in, when everything has worked before.
 */
export const plentyScenarios: readonly Scenario[] = [
  { name: 'none', says: 'nothing is wrong', faults: [] },
  { name: 'one-401', says: 'the first key is rejected', faults: firstKey('rejected') },
  {
    name: 'one-429',
    says: 'the first key is rate-limited and says for 30 s',
    faults: firstKey('rate-limited', { untilMs: 30_000, saysWhen: true }),
  },
  { name: 'one-out-of-quota', says: 'the first key answers 429, out of credit', faults: firstKey('out-of-quota') },
  { name: 'one-cut', says: 'calls with the first key are cut off', faults: firstKey('cut') },
  { name: 'one-hanging', says: 'calls with the first key are never answered', faults: firstKey('hang') },
  { name: 'one-slow', says: 'the first key is 40 times slower', faults: firstKey('slow') },
  { name: 'two-seats', says: 'every key carries two calls', seats: [2], faults: [] },
  { name: 'one-seat', says: 'every key carries one call', seats: [1], faults: [] },
  {
    name: 'shared-accounts',
    says: 'the keys belong to two accounts of four calls',
    accounts: 2,
    seats: [4],
    faults: [],
  },
  {
    name: 'some-refused',
    says: '5 % of the prompts are refused',
    faults: [{ deed: 'refused', of: 'requests', share: 0.05 }],
  },
  { name: 'all-refused', says: 'every prompt is refused', faults: [{ deed: 'refused', of: 'requests' }] },
  { name: 'unknown-model', says: 'the model does not exist', faults: [{ deed: 'unknown-model', of: 'requests' }] },
  {
    name: 'outage',
    says: '503 for 10 s, whatever the key',
    faults: [{ deed: 'unavailable', of: 'provider', fromMs: 250, untilMs: 10_250 }],
  },
  {
    name: 'all-429',
    says: 'every key is rate-limited for 2 s',
    faults: [{ deed: 'rate-limited', of: 'keys', fromMs: 250, untilMs: 2_250 }],
  },
  {
    name: 'flapping',
    says: 'the first key answers 503 for half of every second',
    faults: firstKey('unavailable', { fromMs: 250, untilMs: 750, everyMs: 1_000 }),
  },
  {
    name: 'error-in-200',
    says: 'the first key answers 200 with an error in the body',
    faults: firstKey('error-in-200'),
  },
  { name: 'truncated', says: 'the answers to the first key are cut short', faults: firstKey('truncated') },
  {
    name: 'eight-of-eleven',
    says: '8 of 11 keys are rejected',
    keys: 11,
    faults: [{ deed: 'rejected', of: 'keys', keys: [1, 2, 3, 4, 5, 6, 7, 8] }],
  },
  {
    name: 'seventy-percent',
    says: '70 % of all calls fail at random',
    faults: [{ deed: 'failed-run', of: 'provider', share: 0.7 }],
  },
  {
    name: 'unknown-seats',
    says: 'keys carry 1, 2 or 4 calls, unknown to the pool',
    seats: [1, 2, 4],
    faults: [],
    leastClients: 16,
    leastRequests: 1_000,
  },
  {
    name: 'healed',
    says: 'the first key is rejected, and accepted again after 30 s (a call takes 1 s)',
    faults: firstKey('rejected', { untilMs: 30_000 }),
    serviceMs: 1_000,
    leastRequests: 1_000,
  },
  {
    name: 'shared-free-accounts',
    says: 'the keys belong to two accounts of one call',
    accounts: 2,
    seats: [1],
    faults: [],
  },
];

/** The rows of the fault matrix: each has the one fault it is named after and no other. */
export const scenarios: readonly Scenario[] = [
  ...plentyScenarios,
  ...judgementScenarios,
  ...scarceScenarios,
  ...chainScenarios,
];

export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name);

const fileSchema = z.preprocess(
  (json) => (Array.isArray(json) ? json : [json]),
  z.array(scenarioSchema).min(1).readonly(),
);

/** Whether this is meant as the path of a file rather than as a name. */
export function isScenarioFile(word: string): boolean {
  return /[./\\]/.test(word);
}

/** The scenarios in a JSON file, one or a list; throws a StartError that names every mistake. */
export function readScenarioFile(path: string): readonly Scenario[] {
  const parsed = fileSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  throw new StartError(`Cannot use the scenario file ${path}:\n${z.prettifyError(parsed.error)}`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StartError(`Cannot read the scenario file ${path}: it is missing or not JSON`, { cause: error });
  }
}
