import { rowText, simulateRow } from '../simulator/command.ts';
import type { Contender } from '../simulator/contender.ts';
import { type Goal, goalsOf } from '../simulator/goals.ts';
import { app, strategyNames } from '../simulator/darkroom.ts';
import type { Measured } from '../simulator/measure.ts';
import { oracle } from '../simulator/oracle.ts';
import { rivals } from '../simulator/rivals.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { usualSettings } from '../simulator/simulate.ts';
import { legend } from '../simulator/table.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';

/** The default strategy: the goals are set for it. */
const usual = 'health-based';
const router = 'fixed cooldown, shuffled';

type MatrixReport = BenchmarkReport & {
  readonly goals: readonly Goal[];
  /** Every figure of every contender in every row. */
  readonly matrix: readonly Measured[];
};

/** Every fault for every contender on a virtual clock, so the figures are exact; then which goals hold. */
export async function faultMatrix(progress: Progress): Promise<MatrixReport> {
  const contenders: readonly Contender[] = [...rivals, ...strategyNames.map(app), oracle];
  const matrix: Measured[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    progress(`row ${index + 1} of ${scenarios.length}`);
    const rows = await simulateRow(scenario, contenders, usualSettings);
    matrix.push(...rows);
    say(progress, `${rowText(scenario, rows)}\n`);
  }
  say(progress, `${legend}\n`);
  const goals = goalsOf(scenarios, matrix, usual);
  for (const goal of goals) progress(lineOf(goal));
  // The other strategies share the pool and its rules: they too answer every request that can be answered.
  const others = strategyNames
    .filter((name) => name !== usual)
    .flatMap((name) => goalsOf(scenarios, matrix, name))
    .filter(({ goal, holds }) => !holds && goal.startsWith('answered'));
  for (const goal of others) progress(lineOf(goal));
  return { figures: figuresOf(matrix, goals), goals: [...goals, ...others], matrix };
}

function say(progress: Progress, text: string): void {
  for (const line of text.split('\n')) progress(line);
}

function lineOf({ scenario, contender, goal, wanted, found, holds }: Goal): string {
  return `${holds ? 'holds ' : 'MISSED'}  ${scenario.padEnd(20)}  ${contender}: ${goal}: ${found} (${wanted})`;
}

function figuresOf(matrix: readonly Measured[], goals: readonly Goal[]): readonly Figure[] {
  const of = (contender: string) => matrix.filter((one) => one.contender === contender);
  const row = (scenario: string, contender: string) => of(contender).find((one) => one.scenario === scenario);
  const mean = (contender: string, pick: (one: Measured) => number) =>
    of(contender).reduce((sum, one) => sum + pick(one), 0) / scenarios.length;
  const total = (contender: string) => of(contender).reduce((sum, one) => sum + one.wrongPenalties, 0);
  const answered = scenarios.map(({ name, says }): Figure => ({
    what: `answered: ${says}`,
    unit: '%',
    better: 'higher',
    app: 100 * (row(name, usual)?.answeredShare ?? 0),
    rival: { name: 'oracle', value: 100 * (row(name, 'oracle')?.answeredShare ?? 0) },
  }));
  return [
    ...answered,
    {
      what: 'calls per request, mean of all faults',
      unit: 'calls',
      better: 'lower',
      app: mean(usual, (one) => one.callsPerRequest),
      rival: { name: 'oracle', value: mean('oracle', (one) => one.callsPerRequest) },
    },
    {
      what: 'answered, mean of all faults',
      unit: '%',
      better: 'higher',
      app: 100 * mean(usual, (one) => one.answeredShare),
      rival: { name: router, value: 100 * mean(router, (one) => one.answeredShare) },
    },
    {
      what: 'p95 with one slow key',
      unit: 'ms',
      better: 'lower',
      app: row('one-slow', usual)?.p95Ms ?? Infinity,
      rival: { name: 'nothing is wrong', value: row('none', usual)?.p95Ms ?? 0 },
    },
    {
      what: 'unknown seats in use',
      unit: '%',
      better: 'higher',
      app: 100 * (row('unknown-seats', usual)?.ceilingShare ?? 0),
      rival: { name: 'oracle', value: 100 * (row('unknown-seats', 'oracle')?.ceilingShare ?? 0) },
    },
    {
      what: 'wrong penalties, all faults',
      unit: 'penalties',
      better: 'lower',
      app: total(usual),
      rival: { name: 'round robin, marks', value: total('round robin, marks') },
    },
    {
      what: 'goals of the fault matrix that hold',
      unit: 'goals',
      better: 'higher',
      app: goals.filter(({ holds }) => holds).length,
      rival: { name: 'all of them', value: goals.length },
    },
  ];
}
