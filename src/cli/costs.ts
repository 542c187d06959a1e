import { openAdmin } from '../app/open-admin.ts';
import { costReport, type CostGroup, type CostReport, type CostSum } from '../domain/costs.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';
import { paint, type ProcessContext, type Terminal } from './process-context.ts';
import { csvLine, table } from './table.ts';

const dayMs = 86_400_000;

/** The report as lines for a terminal. */
export function costLines(terminal: Terminal, report: CostReport): readonly string[] {
  const { total, days, by, group, currency, since } = report;
  if (total.calls === 0) return [`Nothing was spent since ${since} (UTC): no call was answered.`];
  const money = (usd: number) => `${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)} ${currency}`;
  const row = (name: string, { calls, usd, unpriced }: CostSum) => [
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

/** The report as CSV (RFC 4180): a row for each day, then one for each name of the group. */
export function costCsv({ days, by, group, currency }: CostReport): string {
  const row = (what: string, name: string, { calls, usd, unpriced }: CostSum) =>
    csvLine([what, name, String(calls), usd.toFixed(6), currency, String(unpriced)]);
  return [
    csvLine(['sum of', 'name', 'calls', 'spent', 'currency', 'calls without a known price']),
    ...days.map((sum) => row('day', sum.day, sum)),
    ...by.map((sum) => row(group, sum.name, sum)),
  ].join('');
}

/** Prints what was spent in the last `days` UTC days, today included. */
export async function showCosts(
  context: ProcessContext,
  {
    days,
    by,
    json,
    csv,
  }: { readonly days: number; readonly by: CostGroup; readonly json: boolean; readonly csv: boolean },
): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const sinceMs = context.clock.now() - (days - 1) * dayMs;
  const since = new Date(sinceMs).toISOString().slice(0, 10);
  const report = costReport(await opened.admin.costs(sinceMs), by, { since, currency: config.budgetCurrency });
  if (json) writeJson(context.out, report);
  else if (csv) context.out.write(costCsv(report));
  else context.out.write(`${costLines(context.out, report).join('\n')}\n`);
}
