import { StartError } from '../src/app/start-error.ts';
import type { Contender } from './contender.ts';
import { app, strategyNames } from './darkroom.ts';
import type { Measured } from './measure.ts';
import { oracle } from './oracle.ts';
import { rivals } from './rivals.ts';
import { isScenarioFile, readScenarioFile, scenarioNames, scenarios } from './scenarios.ts';
import type { Scenario } from './scenario.ts';
import { type Settings, simulate } from './simulate.ts';
import { legend, tableOf } from './table.ts';

export type SimulateOptions = Settings & {
  /** Names, paths of files, `all`; each may hold several, separated by commas. */
  readonly faults: readonly string[];
  readonly strategy: readonly string[];
  readonly json: boolean;
};

export type SimulateOutput = {
  readonly print: (text: string) => void;
  /** Progress for a person who waits; no part of the result. */
  readonly progress: (line: string) => void;
};

/** Replays the chosen faults for each contender and prints what came of it; throws a StartError for unknown names. */
export async function simulateFaults(options: SimulateOptions, { print, progress }: SimulateOutput): Promise<void> {
  const chosen = chooseScenarios(options.faults);
  const contenders = [...rivals, ...chooseStrategies(options.strategy), oracle];
  const { keys, clients, requests, seed } = options;
  const settings: Settings = { keys, clients, requests, seed };
  const results: Measured[] = [];
  for (const [index, scenario] of chosen.entries()) {
    progress(`[${index + 1}/${chosen.length}] ${scenario.name}`);
    const rows = await simulateRow(scenario, contenders, settings);
    results.push(...rows);
    if (!options.json) print(`${rowText(scenario, rows)}\n`);
  }
  print(options.json ? JSON.stringify({ settings, results }, undefined, 2) : legend);
}

/** One scenario for every contender, one after the other. */
export async function simulateRow(
  scenario: Scenario,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<readonly Measured[]> {
  const rows: Measured[] = [];
  for (const contender of contenders) rows.push(await simulate(scenario, contender, settings));
  return rows;
}

/** The row as it is printed: its name, what is wrong, and the table. */
export function rowText({ name, says }: Scenario, rows: readonly Measured[]): string {
  return `${name}: ${says}\n${tableOf(rows)}`;
}

function chooseScenarios(words: readonly string[]): readonly Scenario[] {
  const chosen = listed(words).flatMap((word) => {
    if (word === 'all') return scenarios;
    if (isScenarioFile(word)) return readScenarioFile(word);
    const found = scenarios.find(({ name }) => name === word);
    if (found === undefined) throw unknown('fault', word, scenarioNames);
    return [found];
  });
  return [...new Set(chosen)];
}

function chooseStrategies(words: readonly string[]): readonly Contender[] {
  const names = listed(words).flatMap((word) => {
    if (word === 'all') return strategyNames;
    const found = strategyNames.find((name) => name === word);
    if (found === undefined) throw unknown('strategy', word, strategyNames);
    return [found];
  });
  return [...new Set(names)].map(app);
}

function listed(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => word.split(',')).flatMap((word) => (word.trim() === '' ? [] : [word.trim()]));
}

function unknown(what: string, word: string, names: readonly string[]): StartError {
  return new StartError(`Cannot simulate the ${what} "${word}": choose from all, ${names.join(', ')}`);
}
