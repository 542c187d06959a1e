import { z } from 'zod';
import type { SharedInbox } from '../../domain/inbox.ts';
import type { Database, Steps } from '../database.ts';
import { numberOf, parseRow } from '../rows.ts';

const maxTries = 3;

const takenRow = z
  .object({ seq: z.number(), update_id: z.number(), body: z.string(), deaths: z.number() })
  .transform((row) => ({ seq: row.seq, deaths: row.deaths, update: { updateId: row.update_id, body: row.body } }));

/** True where the fence is that of the role now; one parameter. */
const isHolder = `EXISTS (SELECT 1 FROM roles WHERE role = 'telegram' AND fence = ?)`;

/** The inbox of several processes: what is taken in hand is marked with the term, in the statement that takes it. */
export function createSharedInbox(database: Database): SharedInbox {
  function* take(where: string, set: string, fence: number): Steps<readonly z.output<typeof takenRow>[]> {
    const rows = yield* database.all(
      `UPDATE inbox SET holder = ?, deaths = ${set} WHERE state = 'new' AND ${where} AND ${isHolder}
       RETURNING seq, update_id, body, deaths`,
      fence,
      fence,
    );
    const taken = rows.map((row) => parseRow('inbox', takenRow, row));
    return taken.sort((one, other) => one.deaths - other.deaths || one.seq - other.seq);
  }
  return {
    takeUp: (fence) =>
      database.commit(function* () {
        const setAside = yield* database.all(
          `UPDATE inbox SET state = 'set-aside' WHERE deaths >= ${maxTries} AND state = 'new' AND ${isHolder}
           RETURNING update_id`,
          fence,
        );
        const suspects = yield* take('deaths > 0', 'deaths', fence);
        const plain = yield* take('deaths = 0', '1', fence);
        return {
          setAside: setAside.map((row) => numberOf(row, 'update_id')),
          suspects: suspects.map(({ update }) => update),
          plain: plain.map(({ update }) => update),
        };
      }),
    takeNew: async (fence) => {
      // A transaction: one whose answer is lost is undone, and not repeated in vain.
      const taken = await database.commit(() => take(`holder IS DISTINCT FROM ${Math.trunc(fence)}`, 'deaths', fence));
      return taken.map(({ update }) => update);
    },
    survived: (fence) =>
      database.commit(function* () {
        yield* database.run(`UPDATE inbox SET deaths = 0 WHERE state = 'new' AND holder = ? AND deaths > 0`, fence);
      }),
  };
}
