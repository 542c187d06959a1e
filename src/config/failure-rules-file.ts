import { z } from 'zod';
import { type FailureReason, failureTraits, isResultReason } from '../domain/failure.ts';
import type { OwnRule } from '../domain/failure.ts';
import { isServed, providerDefinitions } from '../providers/registry.ts';
import { readTable, rowMistakes, type TableRows } from './table-file.ts';

type Reason = OwnRule['means'];

const reasons = (Object.keys(failureTraits) as FailureReason[]).filter(
  (reason): reason is Reason => !isResultReason(reason),
);
/** The schema of a rule for one of these providers. */
function ruleSchemaFor(served: readonly string[]) {
  return z
    .strictObject({
      provider: z.enum(served as [string, ...string[]], `must be one of ${served.join(', ')}`),
      status: z.number().int().min(100).max(599).optional(),
      code: z.string().min(1).max(200).optional(),
      words: z.string().min(3).max(200).optional(),
      means: z.enum(reasons, `must be one of ${reasons.join(', ')}`),
    })
    .refine(
      ({ status, code, words }) => status !== undefined || code !== undefined || words !== undefined,
      'needs at least one of status, code and words',
    );
}

/**
 * Parses the operator's own failure rules (FAILURE_RULES_FILE): a list in YAML or JSON, or such a list under `rules`. Every
 * mistake names its row, counted from 1; with one of them no rule counts.
 */
export function parseFailureRules(text: string, definitions = providerDefinitions): TableRows<OwnRule> {
  const ruleSchema = ruleSchemaFor(definitions.map(({ name }) => name).filter(isServed));
  const table = readTable(text, 'rules');
  if (!table.ok) return table;
  const parsed = table.rows.map((row) => ruleSchema.safeParse(row));
  const mistakes = parsed.flatMap(({ error }, index) =>
    error === undefined ? [] : rowMistakes(`row ${index + 1}`, error),
  );
  if (mistakes.length > 0) return { ok: false, mistakes };
  const rows = parsed.flatMap(({ data }): readonly OwnRule[] => {
    if (data === undefined) return [];
    const { provider, status, code, words, means } = data;
    return [
      {
        provider,
        means,
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
        ...(words === undefined ? {} : { words }),
      },
    ];
  });
  return { ok: true, rows };
}
