import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { DaySpending, PersonSpending, Spending, SpendingRange } from '../../../domain/costs.ts';
import { isProviderName } from '../../../domain/ids.ts';
import type { Database } from '../../database.ts';
import { parseRow } from '../../rows.ts';
import { utcDay } from './calls.ts';

const dayMs = 86_400_000;

const sums = { calls: z.number(), micro_usd: z.number() };
const daySumRow = z
  .object({ ...sums, provider: z.string().refine(isProviderName), unpriced: z.number() })
  .transform(({ micro_usd: micros, ...row }) => ({ ...row, usd: micros / 1_000_000 }));
const personSumRow = z
  .object({ ...sums, user_id: z.number(), people: z.number() })
  .transform(({ user_id: userId, micro_usd: micros, ...row }) => ({ ...row, userId, usd: micros / 1_000_000 }));

const daySumSql = `SELECT provider, sum(calls) AS calls, sum(micro_usd) AS micro_usd, sum(unpriced) AS unpriced
  FROM costs WHERE day = ? GROUP BY provider ORDER BY provider`;
const personSumSql = (who: 'user_id >= 0' | 'user_id < 0') =>
  `SELECT user_id, sum(calls) AS calls, sum(micro_usd) AS micro_usd, count(*) OVER () AS people FROM costs
   WHERE day = ? AND ${who} GROUP BY user_id ORDER BY sum(micro_usd) DESC, sum(calls) DESC, user_id LIMIT ?`;
const [peopleSql, clientsSql] = [personSumSql('user_id >= 0'), personSumSql('user_id < 0')];
const noLimit = 1_000_000_000;

/**
 * What was spent from the UTC day of one moment to that of the other, summed up day by day; others go on in between. Of a
 * single day, which is read every few seconds, the database finds those who cost most: of thousands only they are read.
 */
export async function spendingBetween(
  database: Database,
  { sinceMs, nowMs, maxPeople }: SpendingRange,
): Promise<Spending> {
  const all = async <Value>(schema: z.ZodType<Value>, sql: string, ...values: (string | number)[]) =>
    (await database.read(() => database.all(sql, ...values))).map((one) => parseRow('costs', schema, one));
  const isOneDay = utcDay(Math.max(0, sinceMs)) === utcDay(nowMs);
  const days: DaySpending[] = [];
  const [people, clients] = [new Map<number, PersonSpending>(), new Map<number, PersonSpending>()];
  let peopleInAll = 0;
  for (let ms = Math.max(0, sinceMs); utcDay(ms) <= utcDay(nowMs); ms += dayMs) {
    const day = utcDay(ms);
    days.push(...(await all(daySumRow, daySumSql, day)).map((sum) => ({ day, ...sum })));
    for (const [into, sql, limit] of maxPeople === 0
      ? []
      : [[people, peopleSql, isOneDay ? maxPeople : noLimit] as const, [clients, clientsSql, noLimit] as const]) {
      for (const { userId, calls, usd, people: inDay } of await all(personSumRow, sql, day, limit)) {
        const { calls: before, usd: usdBefore } = into.get(userId) ?? { calls: 0, usd: 0 };
        into.set(userId, { userId, calls: before + calls, usd: usdBefore + usd });
        if (into === people && isOneDay) peopleInAll = inDay;
      }
    }
    await setImmediate();
  }
  return {
    days,
    people: byCost(people).slice(0, maxPeople),
    peopleInAll: isOneDay ? peopleInAll : people.size,
    clients: byCost(clients),
  };
}

function byCost(sums: ReadonlyMap<number, PersonSpending>): readonly PersonSpending[] {
  return [...sums.values()].toSorted((one, other) => other.usd - one.usd || other.calls - one.calls);
}
