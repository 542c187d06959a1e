import { readFileSync } from 'node:fs';
import { parseFailureRules } from '../config/failure-rules-file.ts';
import { parseModelsFile } from '../config/models-file.ts';
import type { TableRows } from '../config/table-file.ts';
import type { ProvidersConfig } from '../config/provider-settings.ts';
import type { Emit } from '../domain/events.ts';
import { fileMark, readSmallFile } from '../kit/files.ts';
import { type Clock, every } from '../kit/clock.ts';
import type { OwnRule } from '../domain/failure.ts';
import type { Chains } from '../domain/job.ts';
import { jobKinds, kindTraits } from '../domain/kinds.ts';
import { makes, type ProviderDefinition } from '../providers/provider-definition.ts';
import type { ModelRow } from '../providers/registry.ts';
import { StartError } from './start-error.ts';

/** The files of the operator, where they are set. */
export type OperatorFiles = {
  readonly modelsFile: string | undefined;
  readonly failureRulesFile: string | undefined;
  /** The providers that the files may name. */
  readonly definitions: readonly ProviderDefinition[];
  /** The settings of the providers, the names of their own files among them. */
  readonly providers: ProvidersConfig;
  readonly chains: Chains;
};

export type OperatorTables = {
  readonly models: TableRows<ModelRow>;
  readonly rules: TableRows<OwnRule>;
  /** The definitions as the files of their providers make them. */
  readonly definitions: TableRows<ProviderDefinition>;
};

/** Reads and checks all files; a file that is not set has no rows. Mistakes begin with the name of the variable. */
export function checkOperatorFiles(files: OperatorFiles): OperatorTables {
  const { modelsFile, failureRulesFile, definitions } = files;
  return {
    definitions: definitionsWithFiles(files),
    models: readTableFile('MODELS_FILE', modelsFile, (text) => parseModelsFile(text, definitions)),
    rules: readTableFile('FAILURE_RULES_FILE', failureRulesFile, (text) => parseFailureRules(text, definitions)),
  };
}

/** As `checkOperatorFiles`; throws a StartError that lists every mistake of all files. */
export function readOperatorFiles(files: OperatorFiles): {
  readonly models: readonly ModelRow[];
  readonly rules: readonly OwnRule[];
  readonly definitions: readonly ProviderDefinition[];
} {
  const { models, rules, definitions } = checkOperatorFiles(files);
  if (models.ok && rules.ok && definitions.ok) {
    return { models: models.rows, rules: rules.rows, definitions: definitions.rows };
  }
  const mistakes = [models, rules, definitions].flatMap((table) => (table.ok ? [] : table.mistakes));
  throw new StartError(`Cannot start with these files:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}`);
}

/** Reads and checks a file; mistakes begin with the name of its variable. */
export function readTableFile<Row>(
  variable: string,
  path: string | undefined,
  parse: (text: string) => TableRows<Row>,
): TableRows<Row> {
  if (path === undefined) return { ok: true, rows: [] };
  const file = readSmallFile(path);
  if (file.kind === 'unreadable') return { ok: false, mistakes: [`${variable} names a file that ${file.why}`] };
  const table = parse(file.text);
  return table.ok ? table : { ok: false, mistakes: table.mistakes.map((mistake) => `${variable} ${mistake}`) };
}

/** Has every provider read its own files, and looks that the chains name it only for what it then makes. */
function definitionsWithFiles({ definitions, providers, chains }: OperatorFiles): TableRows<ProviderDefinition> {
  const mistakes: string[] = [];
  const rows = definitions.map((definition) => {
    const required = providers[definition.name]?.required ?? {};
    if (definition.withFiles === undefined || Object.keys(required).length === 0) return definition;
    const read = definition.withFiles(required, (path) => readFileSync(path, 'utf8'));
    if (!read.ok) {
      mistakes.push(...read.mistakes);
      return definition;
    }
    const { name, models } = read.definition;
    // A name of the operator's own has the options of what it stands for in its chain, the first of several.
    const named = jobKinds.flatMap((kind) => {
      const made = models.find((model) => makes(model, kind));
      return chains[kind].flatMap(({ provider, model }) => {
        if (provider !== name) return [];
        if (made !== undefined) return [{ ...made, model }];
        const { chainVariable } = kindTraits[kind];
        const all = models.map((row) => row.kind).join(' and ');
        mistakes.push(`${chainVariable} names ${name}:${model}, but the files of ${name} make only: ${all}`);
        return [];
      });
    });
    return { ...read.definition, models: [...named.toReversed(), ...models] };
  });
  return mistakes.length === 0 ? { ok: true, rows } : { ok: false, mistakes };
}

const checkEveryMs = 2_000;

export type WatchOptions = {
  readonly files: OperatorFiles;
  readonly onModels: (rows: readonly ModelRow[]) => void;
  readonly onRules: (rows: readonly OwnRule[]) => void;
  readonly clock: Clock;
  readonly emit: Emit;
};

export type WatchedFiles = Disposable & {
  /** Takes over now what has changed; returns the mistakes of the files that are kept out. */
  reload(): readonly string[];
};

/**
 * Takes over the rows of each file when it changes, once it is the same at two checks in a row. A file with a mistake is
 * kept out: the log says why, once, and the rows before it stay in use.
 */
export function watchOperatorFiles({ files, onModels, onRules, clock, emit }: WatchOptions): WatchedFiles {
  const models = watchedTable(files.modelsFile, () => checkOperatorFiles(files).models, {
    onRows: (rows) => {
      onModels(rows);
      emit({ event: 'models.reloaded', rows: rows.length });
    },
    onMistake: (mistake) =>
      emit({ event: 'config.warning', text: `The models table stays as it was, because ${mistake}` }),
  });
  const rules = watchedTable(files.failureRulesFile, () => checkOperatorFiles(files).rules, {
    onRows: (rows) => {
      onRules(rows);
      emit({ event: 'rules.reloaded', rows: rows.length });
    },
    onMistake: (mistake) =>
      emit({ event: 'config.warning', text: `The failure rules stay as they were, because ${mistake}` }),
  });
  const rounds = every(clock, checkEveryMs, () => {
    for (const table of [models, rules]) if (table.hasSettled()) table.takeOver();
  });
  return {
    reload: () => [models, rules].flatMap((table) => table.takeOver()),
    [Symbol.dispose]: () => rounds[Symbol.dispose](),
  };
}

type TableUse<Row> = {
  readonly onRows: (rows: readonly Row[]) => void;
  readonly onMistake: (mistake: string) => void;
};

/** A table that is taken over when its file has changed. */
export function watchedTable<Row>(path: string | undefined, readNow: () => TableRows<Row>, use: TableUse<Row>) {
  const markNow = () => (path === undefined ? undefined : fileMark(path));
  /** Of the file as it was last taken over, or kept out. */
  let judged = markNow();
  let seen = judged;
  let mistakes: readonly string[] = [];
  return {
    /** True when the file has changed and was the same at the check before. */
    hasSettled: () => {
      const mark = markNow();
      const isStable = mark === seen;
      seen = mark;
      return isStable && mark !== judged;
    },
    /** Takes the rows over if the file has changed; returns the mistakes that keep it out. */
    takeOver: () => {
      const mark = markNow();
      if (mark === judged) return mistakes;
      judged = mark;
      const table = readNow();
      mistakes = table.ok ? [] : table.mistakes;
      if (table.ok) use.onRows(table.rows);
      for (const mistake of mistakes) use.onMistake(mistake);
      return mistakes;
    },
  };
}
