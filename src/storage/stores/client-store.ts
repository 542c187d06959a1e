import { z } from 'zod';
import type { CallCost, CallCosts } from '../../domain/costs.ts';
import type { ClientNumbers } from '../../domain/gateway/api-client.ts';
import type { Database, Steps } from '../database.ts';
import { numberOf, parseRow } from '../rows.ts';
import { microsInUsd, utcDay } from './jobs/calls.ts';

const row = z.object({ id: z.number(), name: z.string() });

/** The numbers of the clients, and what their calls cost. */
export function createClientStore(database: Database): ClientNumbers & CallCosts {
  return {
    numberOf: async (name) => {
      const sql = 'SELECT id FROM api_clients WHERE name = ?';
      const known = await database.read(() => database.get(sql, name));
      if (known !== undefined) return -numberOf(known, 'id');
      await database.commit(() =>
        database.run('INSERT INTO api_clients (name) VALUES (?) ON CONFLICT DO NOTHING', name),
      );
      return -numberOf(await database.read(() => database.get(sql, name)), 'id');
    },
    names: () =>
      database.read(function* () {
        const rows = (yield* database.all('SELECT id, name FROM api_clients')).map((one) =>
          parseRow('api_clients', row, one),
        );
        return new Map(rows.map(({ id, name }) => [-id, name]));
      }),
    add: async (costs) => database.commit(() => addCallCosts(database, costs)),
  };
}

/** Adds what calls of clients cost, which belong to no stored job; inside the caller's transaction. */
function* addCallCosts(database: Database, costs: readonly CallCost[]): Steps<void> {
  for (const { userId, kind, trail, day, calls, usd, unpriced } of costSums(costs).values()) {
    const { candidate, keyId: key, keyName } = trail;
    yield* database.run(
      `INSERT INTO costs (day, provider, model, kind, key_id, key_name, user_id, calls, micro_usd, unpriced)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET key_name = excluded.key_name, calls = costs.calls + excluded.calls,
         micro_usd = costs.micro_usd + excluded.micro_usd, unpriced = costs.unpriced + excluded.unpriced`,
      day,
      candidate.provider,
      candidate.model,
      kind,
      key,
      keyName,
      userId,
      calls,
      Math.round(usd * microsInUsd),
      unpriced,
    );
  }
}

type CostSum = CallCost & { readonly day: string; calls: number; usd: number; unpriced: number };

/** One sum for each row of the table. */
function costSums(costs: readonly CallCost[]): ReadonlyMap<string, CostSum> {
  const sums = new Map<string, CostSum>();
  for (const cost of costs) {
    const { ending, candidate, startedAtMs, keyId: key } = cost.trail;
    if (ending.kind !== 'answered') continue;
    const day = utcDay(startedAtMs + ending.ms);
    const row = [day, candidate.provider, candidate.model, cost.kind, key, cost.userId].join(' ');
    const sum = sums.get(row) ?? { ...cost, day, calls: 0, usd: 0, unpriced: 0 };
    sums.set(row, sum);
    sum.calls += 1;
    sum.usd += ending.usd ?? 0;
    if (ending.usd === undefined) sum.unpriced += 1;
  }
  return sums;
}
