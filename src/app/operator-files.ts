import { parseFailureRules } from '../config/failure-rules-file.ts';
import { parseModelsFile } from '../config/models-file.ts';
import type { TableRows } from '../config/table-file.ts';
import type { Emit } from '../domain/events.ts';
import { keyFileMark, readKeyFile } from '../keys/sources/key-file.ts';
import { type Clock, every } from '../kit/clock.ts';
import type { OwnRule } from '../domain/failure.ts';
import type { ProviderDefinition } from '../providers/provider-definition.ts';
import type { ModelCatalog, ModelRow } from '../providers/model-catalog.ts';
import { StartError } from './start-error.ts';

/** The files of the operator, where they are set. */
export type OperatorFiles = {
  readonly modelsFile: string | undefined;
  readonly failureRulesFile: string | undefined;
  /** The providers that the files may name. */
  readonly definitions: readonly ProviderDefinition[];
};

export type OperatorTables = {
  readonly models: TableRows<ModelRow>;
  readonly rules: TableRows<OwnRule>;
};

/** Reads and checks both files; a file that is not set has no rows. Mistakes begin with the name of the variable. */
export function checkOperatorFiles({ modelsFile, failureRulesFile, definitions }: OperatorFiles): OperatorTables {
  return {
    models: read('MODELS_FILE', modelsFile, (text) => parseModelsFile(text, definitions)),
    rules: read('FAILURE_RULES_FILE', failureRulesFile, (text) => parseFailureRules(text, definitions)),
  };
}

/** As `checkOperatorFiles`; throws a StartError that lists every mistake of both files. */
export function readOperatorFiles(files: OperatorFiles): {
  readonly models: readonly ModelRow[];
  readonly rules: readonly OwnRule[];
} {
  const { models, rules } = checkOperatorFiles(files);
  if (models.ok && rules.ok) return { models: models.rows, rules: rules.rows };
  const mistakes = [models, rules].flatMap((table) => (table.ok ? [] : table.mistakes));
  throw new StartError(`Cannot start with these files:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}`);
}

function read<Row>(
  variable: string,
  path: string | undefined,
  parse: (text: string) => TableRows<Row>,
): TableRows<Row> {
  if (path === undefined) return { ok: true, rows: [] };
  const file = readKeyFile(path);
  if (file.kind === 'unreadable') return { ok: false, mistakes: [`${variable} names a file that ${file.why}`] };
  const table = parse(file.text);
  return table.ok ? table : { ok: false, mistakes: table.mistakes.map((mistake) => `${variable} ${mistake}`) };
}

const checkEveryMs = 2_000;

/**
 * Takes over the models table when its file changes, once it is the same at two checks in a row. A table with a mistake
 * is kept out: the log says why, and the table before it stays in use.
 */
export function watchModelsFile(
  { path, definitions }: { readonly path: string; readonly definitions: OperatorFiles['definitions'] },
  catalog: ModelCatalog,
  clock: Clock,
  emit: Emit,
  onReload: () => void = () => undefined,
): Disposable {
  let inUse = keyFileMark(path);
  let seen = inUse;
  return every(clock, checkEveryMs, () => {
    const mark = keyFileMark(path);
    const isStable = mark === seen;
    seen = mark;
    if (mark === inUse || !isStable) return;
    inUse = mark;
    const table = read('MODELS_FILE', path, (text) => parseModelsFile(text, definitions));
    if (table.ok) {
      catalog.replace(table.rows);
      emit({ event: 'models.reloaded', rows: table.rows.length });
      return onReload();
    }
    for (const mistake of table.mistakes) {
      emit({ event: 'config.warning', text: `The models table stays as it was, because ${mistake}` });
    }
  });
}
