import type { Measured } from './measure.ts';
import type { Fault, Scenario } from './scenario.ts';
import { percent, span, time } from './table.ts';

/** One thing that the pool has to reach in one row, and whether it does. */
export type Goal = {
  readonly scenario: string;
  readonly contender: string;
  readonly goal: string;
  readonly wanted: string;
  readonly found: string;
  readonly holds: boolean;
};

/** The row of one contender, beside what it is held against. */
type Row = {
  readonly scenario: Scenario;
  readonly own: Measured;
  readonly oracle: Measured;
  /** The same contender where nothing is wrong. */
  readonly healthy: Measured | undefined;
};

type Verdict = Omit<Goal, 'scenario' | 'contender'>;
type Rule = (row: Row) => Verdict | undefined;

const nearOracle = 0.01;
/** In an outage probes are made: also of a model that is passed over because it does not answer. */
const mostCalls = { usually: 1.05, inOutage: 1.1, longCalls: 1.15 };
/** What looking for seats may cost where each key carries a single call. */
const seatSearch = 0.05;
const longMs = 40_000;
const slowerThanHealthy = 1.3;
const slowerThanOracle = 1.5;
const mostOnADeadKey = 2;
const unexplainedCalls = 3;
const backWithinMs = 6_000;
const ceiling = { atLeast: 0.95, refused: 0.03 };
const fullShareWithinMs = 10_000;

const asTheOracle: Rule = ({ own, oracle }) =>
  verdict('answered within 1 % of the oracle', own.answeredShare >= oracle.answeredShare - nearOracle, {
    wanted: `>= ${percent(oracle.answeredShare - nearOracle)}`,
    found: percent(own.answeredShare),
  });

const everyOne: Rule = ({ scenario, own }) =>
  hasOneBadKey(scenario)
    ? verdict('every request answered with one key at fault', own.answeredShare === 1, {
        wanted: '100 %',
        found: percent(own.answeredShare),
      })
    : undefined;

const fewCalls: Rule = ({ scenario, own, oracle }) => {
  const search = isScarce(scenario) ? seatSearch : 0;
  const limit = Math.max(mostCallsOf(scenario), oracle.callsPerRequest) + search;
  return verdict('few calls per request', own.callsPerRequest <= limit, {
    wanted: `<= ${limit.toFixed(3)}`,
    found: own.callsPerRequest.toFixed(3),
  });
};

const slowKeyUnseen: Rule = ({ scenario, own, healthy }) => {
  if (scenario.serviceMs !== undefined || healthy?.p95Ms === undefined) return undefined;
  if (!scenario.faults.some(({ deed }) => deed === 'slow')) return undefined;
  const limitMs = slowerThanHealthy * healthy.p95Ms;
  return verdict('p95 near the healthy one with a slow key', own.p95Ms !== undefined && own.p95Ms <= limitMs, {
    wanted: `<= ${time(limitMs)}`,
    found: time(own.p95Ms),
  });
};

const asFastAsTheOracle: Rule = ({ scenario, own, oracle }) => {
  if (!isPatient(scenario) || oracle.p95Ms === undefined) return undefined;
  const limitMs = slowerThanOracle * oracle.p95Ms;
  return verdict('p95 near the oracle', own.p95Ms !== undefined && own.p95Ms <= limitMs, {
    wanted: `<= ${time(limitMs)}`,
    found: time(own.p95Ms),
  });
};

const deadKeyLeft: Rule = ({ scenario, own }) =>
  scenario.faults.some(isDeadKey)
    ? verdict('few calls on a dead key', own.mostWastedOnAKey <= mostOnADeadKey, {
        wanted: `<= ${mostOnADeadKey}`,
        found: String(own.mostWastedOnAKey),
      })
    : undefined;

const noWrongPenalty: Rule = ({ own }) =>
  verdict('no wrong penalty', own.wrongPenalties === 0, { wanted: '0', found: String(own.wrongPenalties) });

const refusedOnce: Rule = ({ scenario, own }) => {
  if (own.mostCallsOfRefused === undefined) return undefined;
  const most = Math.max(1, ...scenario.faults.map(({ deed }) => mostRefusals(deed, own.keys)));
  const goal = most === 1 ? 'a refused request is asked once' : 'a refused request is asked seldom';
  return verdict(goal, own.mostCallsOfRefused <= most, {
    wanted: most === 1 ? '1' : `<= ${most}`,
    found: String(own.mostCallsOfRefused),
  });
};

/** A refusal that explains nothing is looked at with three calls; credit is each account's own. */
function mostRefusals(deed: Fault['deed'], keys: number): number {
  if (deed === 'unexplained') return unexplainedCalls;
  return deed === 'too-dear' ? keys : 1;
}

const backSoon: Rule = ({ scenario, own }) => {
  if (!scenario.faults.some(({ deed }) => deed === 'unexplained' || deed === 'minute-quota')) return undefined;
  const { returnedAfter } = own;
  if (returnedAfter === undefined) return undefined;
  const isBack = returnedAfter.ended && returnedAfter.ms <= backWithinMs;
  return verdict('served again soon after the trouble', isBack, {
    wanted: `<= ${time(backWithinMs)}`,
    found: span(returnedAfter),
  });
};

const seatsFound: Rule = ({ scenario, own }) =>
  scenario.name === 'unknown-seats'
    ? verdict('unknown seats are used', (own.ceilingShare ?? 0) >= ceiling.atLeast, {
        wanted: `>= ${percent(ceiling.atLeast)}`,
        found: percent(own.ceilingShare),
      })
    : undefined;

const seatsNotOverrun: Rule = ({ scenario, own }) =>
  scenario.name === 'unknown-seats'
    ? verdict('unknown seats are not overrun', (own.refusedForSeats ?? 1) <= ceiling.refused, {
        wanted: `<= ${percent(ceiling.refused)}`,
        found: percent(own.refusedForSeats),
      })
    : undefined;

const healedKeyBack: Rule = ({ scenario, own }) => {
  if (scenario.name !== 'healed') return undefined;
  const { fullShareAfter, probesToReturn = 0 } = own;
  const isBack = fullShareAfter?.ended === true && fullShareAfter.ms <= fullShareWithinMs && probesToReturn <= 1;
  return verdict('a healed key has its share after one probe', isBack, {
    wanted: `<= ${time(fullShareWithinMs)}, <= 1 probe`,
    found: `${span(fullShareAfter)}, ${probesToReturn}`,
  });
};

const rules: readonly Rule[] = [
  asTheOracle,
  everyOne,
  fewCalls,
  slowKeyUnseen,
  asFastAsTheOracle,
  deadKeyLeft,
  noWrongPenalty,
  refusedOnce,
  backSoon,
  seatsFound,
  seatsNotOverrun,
  healedKeyBack,
];

/** Every goal that a row has for the contender; empty when it did not take part, or no oracle did. */
export function goalsOf(
  scenarios: readonly Scenario[],
  results: readonly Measured[],
  contender: string,
): readonly Goal[] {
  const healthy = results.find((one) => one.scenario === 'none' && one.contender === contender);
  return scenarios.flatMap((scenario) => {
    const own = results.find((one) => one.scenario === scenario.name && one.contender === contender);
    const oracle = results.find((one) => one.scenario === scenario.name && one.kind === 'oracle');
    if (own === undefined || oracle === undefined) return [];
    const row: Row = { scenario, own, oracle, healthy };
    return rules.flatMap((rule) => {
      const found = rule(row);
      return found === undefined ? [] : [{ scenario: scenario.name, contender, ...found }];
    });
  });
}

function verdict(
  goal: string,
  holds: boolean,
  { wanted, found }: { readonly wanted: string; readonly found: string | undefined },
): Verdict {
  return { goal, holds, wanted, found: found ?? 'nothing' };
}

function hasOneBadKey({ faults }: Scenario): boolean {
  return faults.length > 0 && faults.every(({ of, keys }) => of === 'keys' && keys?.length === 1);
}

function mostCallsOf(scenario: Scenario): number {
  if (isOutage(scenario) || scenario.chain !== undefined) return mostCalls.inOutage;
  return (scenario.serviceMs ?? 0) >= longMs ? mostCalls.longCalls : mostCalls.usually;
}

/** Calls take seconds, as those for pictures do. */
function isPatient({ serviceMs }: Scenario): boolean {
  return serviceMs !== undefined && serviceMs >= 2_000;
}

function isScarce(scenario: Scenario): boolean {
  return isPatient(scenario) && scenario.seats !== undefined;
}

function isOutage({ faults }: Scenario): boolean {
  return faults.some(
    ({ of, keys, share, untilMs }) =>
      untilMs !== undefined && share === undefined && (of === 'provider' || (of === 'keys' && keys === undefined)),
  );
}

function isDeadKey({ deed, of }: Fault): boolean {
  return of === 'keys' && (deed === 'rejected' || deed === 'out-of-quota');
}
