import { openAdmin } from '../app/open-admin.ts';
import type { CostGroup, DayCost } from '../domain/costs.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';
import { paint, type ProcessContext, type Terminal } from './process-context.ts';
import { table } from './table.ts';

type Sum = { readonly calls: number; readonly usd: number; readonly unpriced: number };

const nothing: Sum = { calls: 0, usd: 0, unpriced: 0 };
const dayMs = 86_400_000;

/** What was spent in the last days, as one JSON document and as text. */
export type CostReport = {
  readonly since: string;
  readonly currency: string;
  readonly total: Sum;
  readonly days: readonly (Sum & { readonly day: string })[];
  readonly group: CostGroup;
  readonly by: readonly (Sum & { readonly name: string })[];
};

/** Sums what was spent by day and by one more thing, dearest first. */
export function costReport(
  rows: readonly DayCost[],
  group: CostGroup,
  { since, currency }: Pick<CostReport, 'since' | 'currency'>,
): CostReport {
  const days = summed(rows, ({ day }) => day).map(([day, sum]) => ({ day, ...sum }));
  const by = summed(rows, (row) => nameOf(row, group)).map(([name, sum]) => ({ name, ...sum }));
  return {
    since,
    currency,
    total: rows.reduce(add, nothing),
    days: days.toSorted((one, other) => (one.day < other.day ? -1 : 1)),
    group,
    by: by.toSorted((one, other) => other.usd - one.usd || other.calls - one.calls),
  };
}

function nameOf({ provider, keyName, model, userId, kind }: DayCost, group: CostGroup): string {
  switch (group) {
    case 'provider':
      return provider;
    case 'key':
      return keyName;
    case 'model':
      return `${provider}:${model}`;
    case 'person':
      return userId === 0 ? 'forgotten people' : String(userId);
    case 'kind':
      return kind;
  }
}

function summed(rows: readonly DayCost[], nameOf: (row: DayCost) => string): readonly (readonly [string, Sum])[] {
  const sums = new Map<string, Sum>();
  for (const row of rows) sums.set(nameOf(row), add(sums.get(nameOf(row)) ?? nothing, row));
  return [...sums];
}

function add(one: Sum, { calls, usd, unpriced }: Sum): Sum {
  return { calls: one.calls + calls, usd: one.usd + usd, unpriced: one.unpriced + unpriced };
}

/** The report as lines for a terminal. */
export function costLines(terminal: Terminal, report: CostReport): readonly string[] {
  const { total, days, by, group, currency, since } = report;
  if (total.calls === 0) return [`Nothing was spent since ${since} (UTC): no call was answered.`];
  const money = (usd: number) => `${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)} ${currency}`;
  const row = (name: string, { calls, usd, unpriced }: Sum) => [
    name,
    String(calls),
    money(usd),
    unpriced === 0 ? '' : `${unpriced} without a known price`,
  ];
  const columns = (title: string) => [
    { title },
    { title: 'calls', align: 'right' as const },
    { title: 'spent', align: 'right' as const },
    { title: '', dropOrder: 0 },
  ];
  return [
    paint(terminal, 'bold', `${money(total.usd)} since ${since} (UTC), ${total.calls} answered calls`),
    '',
    ...table(
      terminal,
      columns('day'),
      days.map((sum) => row(sum.day, sum)),
    ),
    '',
    ...table(
      terminal,
      columns(group),
      by.map((sum) => row(sum.name, sum)),
    ),
  ];
}

/** Prints what was spent in the last `days` UTC days, today included. */
export async function showCosts(
  context: ProcessContext,
  { days, by, json }: { readonly days: number; readonly by: CostGroup; readonly json: boolean },
): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const sinceMs = context.clock.now() - (days - 1) * dayMs;
  const since = new Date(sinceMs).toISOString().slice(0, 10);
  const report = costReport(await opened.admin.costs(sinceMs), by, { since, currency: config.budgetCurrency });
  if (json) writeJson(context.out, report);
  else context.out.write(`${costLines(context.out, report).join('\n')}\n`);
}
