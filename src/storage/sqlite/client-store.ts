import { z } from 'zod';
import type { CallCosts } from '../../domain/costs.ts';
import type { ClientNumbers } from '../../domain/gateway/api-client.ts';
import { type Database, numberOf, parseRow } from './connection.ts';
import { addCallCosts } from './jobs/calls.ts';

const row = z.object({ id: z.number(), name: z.string() });

/** The numbers of the clients, and what their calls cost. */
export function createSqliteClientStore(database: Database): ClientNumbers & CallCosts {
  return {
    numberOf: async (name) => {
      const sql = 'SELECT id FROM api_clients WHERE name = ?';
      const known = database.get(sql, name);
      if (known !== undefined) return -numberOf(known, 'id');
      await database.commit(() =>
        database.run('INSERT INTO api_clients (name) VALUES (?) ON CONFLICT DO NOTHING', name),
      );
      return -numberOf(database.get(sql, name), 'id');
    },
    names: async () => {
      const rows = database.all('SELECT id, name FROM api_clients').map((one) => parseRow('api_clients', row, one));
      return new Map(rows.map(({ id, name }) => [-id, name]));
    },
    add: async (costs) => database.commit(() => addCallCosts(database, costs)),
  };
}
