import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartError } from '../../app/start-error.ts';
import { type Scenario, scenarioSchema } from './scenario.ts';

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
