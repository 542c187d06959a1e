import { z } from 'zod';
import { jobId } from '../../../domain/ids.ts';
import { filesOf } from '../../../domain/job.ts';
import { jobKinds } from '../../../domain/kinds.ts';
import {
  type Page,
  type PagePlace,
  type PastRequest,
  type PastRequests,
  type SentFile,
  sentForms,
} from '../../../domain/personal/past-requests.ts';
import { type Database, fromJson, parseRow, type Row } from '../connection.ts';
import { options, payload } from '../jobs/stored-values.ts';

const sentFiles: z.ZodType<readonly SentFile[]> = z.array(z.object({ form: z.enum(sentForms), id: z.string() }));

const pastRow = z
  .object({
    id: z.number(),
    job_id: z.string().transform(jobId),
    user_id: z.number(),
    kind: z.enum(jobKinds),
    prompt: z.string(),
    options: z.string().transform(fromJson).pipe(options).nullable().catch(null),
    ended: z.enum(['result', 'failed', 'cancelled']),
    model: z.string().nullable(),
    payload: z.string().transform(fromJson).pipe(payload).nullable().catch(null),
    sent_files: z.string().transform(fromJson).pipe(sentFiles).nullable().catch(null),
    asked_at_ms: z.number(),
    is_favourite: z.number(),
  })
  .transform((row): PastRequest => ({
    id: row.id,
    jobId: row.job_id,
    userId: row.user_id,
    kind: row.kind,
    prompt: row.prompt,
    ...(row.options === null ? {} : { options: row.options }),
    ended: row.ended,
    ...(row.model === null ? {} : { model: row.model }),
    made: row.payload === null ? [] : filesOf(row.payload),
    sent: row.sent_files ?? [],
    askedAtMs: row.asked_at_ms,
    isFavourite: row.is_favourite === 1,
  }));

const toPast = (row: Row): PastRequest => parseRow('past_requests', pastRow, row);

/** A search looks at this many of a person's newest results with a file. */
const maxSearched = 2_000;

/** People's histories in the database. The trigger of the schema writes the entries. */
export function createSqlitePastRequests(database: Database): PastRequests {
  const one = (sql: string, value: string | number): PastRequest | undefined => {
    const row = database.get(sql, value);
    return row === undefined ? undefined : toPast(row);
  };
  return {
    page: async (userId, place, size, only) => pageOf(database, userId, place, size, only === 'favourites'),
    find: async (id) => one('SELECT * FROM past_requests WHERE id = ?', id),
    ofJob: async (id) => one('SELECT * FROM past_requests WHERE job_id = ?', id),
    search: async (userId, words, olderThan, atMost) => {
      const wanted = wordsIn(words);
      const rows = database.all(
        `SELECT id, prompt FROM past_requests
         WHERE user_id = ? AND id < ? AND ended = 'result' AND sent_files IS NOT NULL ORDER BY id DESC LIMIT ${maxSearched}`,
        userId,
        olderThan ?? Number.MAX_SAFE_INTEGER,
      );
      const matching = rows.filter((row) => {
        const said = folded(String(row['prompt']));
        return wanted.every((word) => said.includes(word));
      });
      const ids = matching.slice(0, atMost).map((row) => Number(row['id']));
      return ids.flatMap((id) => one('SELECT * FROM past_requests WHERE id = ?', id) ?? []);
    },
    setFavourite: async (id, userId, isFavourite) =>
      database.commit(() => {
        const sql = 'UPDATE past_requests SET is_favourite = ? WHERE id = ? AND user_id = ?';
        return database.run(sql, isFavourite ? 1 : 0, id, userId) === 1;
      }),
    setSent: async (id, sent) =>
      database.commit(() => {
        const files = sent.length === 0 ? null : JSON.stringify(sent);
        database.run('UPDATE past_requests SET sent_files = ? WHERE id = ?', files, id);
      }),
    deleteOfJob: async (id) =>
      database.commit(() => void database.run('DELETE FROM past_requests WHERE job_id = ?', id)),
    purge: async (askedBeforeMs) =>
      database.commit(() =>
        database.run(
          'DELETE FROM past_requests WHERE is_favourite = 0 AND asked_at_ms <= ?',
          Math.floor(askedBeforeMs),
        ),
      ),
  };
}

function pageOf(database: Database, userId: number, place: PagePlace, size: number, favourites: boolean): Page {
  const only = favourites ? 'AND is_favourite = 1' : '';
  const { olderThan = Number.MAX_SAFE_INTEGER, newerThan } = place;
  const older = (than: number, atMost: number) =>
    database.all(
      `SELECT * FROM past_requests WHERE user_id = ? AND id < ? ${only} ORDER BY id DESC LIMIT ?`,
      userId,
      than,
      atMost,
    );
  const newer = (than: number, atMost: number) =>
    database
      .all(`SELECT * FROM past_requests WHERE user_id = ? AND id > ? ${only} ORDER BY id LIMIT ?`, userId, than, atMost)
      .toReversed();
  let rows = newerThan === undefined ? older(olderThan, size) : newer(newerThan, size);
  // The newest page is a whole one, and a page whose entries are gone is the newest one.
  if (rows.length < size && (newerThan !== undefined || rows.length === 0)) rows = older(Number.MAX_SAFE_INTEGER, size);
  const entries = rows.map(toPast);
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    entries,
    hasNewer: first !== undefined && newer(first.id, 1).length > 0,
    hasOlder: last !== undefined && older(last.id, 1).length > 0,
  };
}

/** Compared without regard to case, accents that are letters of their own left alone. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function wordsIn(text: string): readonly string[] {
  return folded(text)
    .split(/\s+/u)
    .filter((word) => word !== '');
}
