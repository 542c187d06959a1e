import { defendingRows, type Figures, figuresOf, harmOf, isCostly, isWorthIt } from '../simulator/ablation.ts';
import type { Measured } from '../simulator/measure.ts';
import { scenarioNames } from '../simulator/scenarios.ts';
import { percent, time } from '../simulator/table.ts';
import { type Mechanism, mechanismNames, without } from '../src/domain/mechanisms.ts';
import type { Play, Played } from './ablation-worker.ts';
import { decisionTimeUs } from './decision-time.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { playAll } from './play-all.ts';

const manyKeys = 1_000;
/** What a decision among many keys may take. */
const decisionGoalUs = 5;
/** Rows that are played with other luck too, for each mechanism: those that it changes most. */
const replayedRows = 2;
const moreSeeds = [2, 3] as const;

type RowOf = {
  readonly mechanism: Mechanism;
  readonly row: string;
  readonly having: Figures;
  readonly without: Figures;
  readonly harm: number;
};

type AblationReport = BenchmarkReport & { readonly ablation: readonly RowOf[] };

/**
 * Switches one mechanism after the other off and plays every row of the fault matrix on a virtual clock. The rows that
 * change most are played with two more seeds, and the mean of all three counts: one seed may be luck.
 */
export async function ablation(progress: Progress): Promise<AblationReport> {
  const saying = (what: string) => (done: number, of: number) => {
    if (done % 50 === 0 || done === of) progress(`${what}: ${done} of ${of} rows played`);
  };
  const played = mechanismNames.filter((name) => name !== 'twoChoices');
  const looked = [undefined, ...played].flatMap((off) => scenarioNames.map((row) => ({ row, without: off, seed: 1 })));
  const first = new Book(await playAll(looked, saying('one mechanism off')));
  const closer = played.flatMap((mechanism) => {
    const harms = scenarioNames.map((row) => ({ row, harm: first.rowOf(mechanism, row).harm }));
    const worst = harms.sort((a, b) => b.harm - a.harm).slice(0, replayedRows);
    return [...new Set([...worst.map(({ row }) => row), defendingRows[mechanism]])].map((row) => ({ mechanism, row }));
  });
  const again = moreSeeds.flatMap((seed) => [
    ...[...new Set(closer.map(({ row }) => row))].map((row) => ({ row, without: undefined, seed })),
    ...closer.map(({ mechanism, row }) => ({ row, without: mechanism, seed })),
  ]);
  const book = new Book([...first.played, ...(await playAll(again, saying('other luck')))]);
  const found = played.map((mechanism) => {
    const rows = closer.filter((one) => one.mechanism === mechanism).map(({ row }) => book.rowOf(mechanism, row));
    const worst = rows.reduce((a, b) => (b.harm > a.harm ? b : a));
    return { worst, defending: book.rowOf(mechanism, defendingRows[mechanism]) };
  });
  const rows = found.flatMap(({ worst, defending }) => (worst.row === defending.row ? [worst] : [worst, defending]));
  for (const line of tableOf(rows)) progress(line);
  const costly = played
    .flatMap((mechanism) => scenarioNames.map((row) => first.rowOf(mechanism, row)))
    .filter((one) => isCostly(one.having, one.without));
  progress('where one costs something (one seed):');
  for (const line of tableOf(costly)) progress(line);
  const decisionUs = {
    having: await decisionTimeUs(manyKeys),
    without: await decisionTimeUs(manyKeys, without('twoChoices')),
  };
  const us = (value: number) => `${value.toFixed(1)} µs`;
  progress(`twoChoices: a decision among ${manyKeys} keys: ${us(decisionUs.having)} -> ${us(decisionUs.without)}`);
  const worthIt = found.filter(({ defending }) => isWorthIt(defending.having, defending.without)).length;
  const hasCheapChoice = decisionUs.having <= decisionGoalUs && decisionUs.without > decisionGoalUs;
  const figure: Figure = {
    what: 'mechanisms that are worth having in the row that defends them',
    unit: 'mechanisms',
    better: 'higher',
    app: worthIt + (hasCheapChoice ? 1 : 0),
    rival: { name: 'all of them', value: mechanismNames.length },
  };
  return { figures: [figure], ablation: rows };
}

/** What was measured, by row and mechanism. */
class Book {
  readonly played: readonly Played[];

  constructor(played: readonly Played[]) {
    this.played = played;
  }

  /** With and without the mechanism, over the seeds that were played both ways. */
  rowOf(mechanism: Mechanism, row: string): RowOf {
    const off = this.#of(row, mechanism);
    const on = this.#of(row, undefined).filter(({ play }) => off.some((other) => other.play.seed === play.seed));
    const having = figuresOf(on.map(measuredOf));
    const lacking = figuresOf(off.map(measuredOf));
    return { mechanism, row, having, without: lacking, harm: harmOf(having, lacking) };
  }

  #of(row: string, off: Play['without']): readonly Played[] {
    return this.played.filter(({ play }) => play.row === row && play.without === off);
  }
}

function measuredOf({ measured }: Played): Measured {
  return measured;
}

/** Each row with and without the mechanism: the one that is worst without it, then the one that defends it. */
function tableOf(rows: readonly RowOf[]): readonly string[] {
  const cells = rows.map(({ mechanism, row, having, without: lacking }) => [
    mechanism,
    row,
    `${percent(having.answered)} -> ${percent(lacking.answered)}`,
    `${having.calls.toFixed(2)} -> ${lacking.calls.toFixed(2)}`,
    `${time(having.p95Ms)} -> ${time(lacking.p95Ms)}`,
    isWorthIt(having, lacking) ? 'worth it' : '',
  ]);
  const table = [['without', 'row', 'answered', 'calls/request', 'p95', ''], ...cells];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  return table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
