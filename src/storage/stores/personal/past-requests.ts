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
import type { Database, Row, Steps } from '../../database.ts';
import { fromJson, parseRow } from '../../rows.ts';
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
export function createPastRequests(database: Database): PastRequests {
  function* one(sql: string, value: string | number): Steps<PastRequest | undefined> {
    const row = yield* database.get(sql, value);
    return row === undefined ? undefined : toPast(row);
  }
  return {
    page: (userId, place, size, only) =>
      database.read(() => pageOf(database, userId, place, size, only === 'favourites')),
    find: (id) => database.read(() => one('SELECT * FROM past_requests WHERE id = ?', id)),
    ofJob: (id) => database.read(() => one('SELECT * FROM past_requests WHERE job_id = ?', id)),
    search: (userId, words, olderThan, atMost) =>
      database.read(function* () {
        const wanted = wordsIn(words);
        const rows = yield* database.all(
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
        const found: PastRequest[] = [];
        for (const id of ids) {
          const request = yield* one('SELECT * FROM past_requests WHERE id = ?', id);
          if (request !== undefined) found.push(request);
        }
        return found;
      }),
    setFavourite: async (id, userId, isFavourite) =>
      database.commit(function* () {
        const sql = 'UPDATE past_requests SET is_favourite = ? WHERE id = ? AND user_id = ?';
        return (yield* database.run(sql, isFavourite ? 1 : 0, id, userId)) === 1;
      }),
    setSent: async (id, sent) =>
      database.commit(function* () {
        const files = sent.length === 0 ? null : JSON.stringify(sent);
        yield* database.run('UPDATE past_requests SET sent_files = ? WHERE id = ?', files, id);
      }),
    deleteOfJob: async (id) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM past_requests WHERE job_id = ?', id);
      }),
    purge: async (askedBeforeMs) =>
      database.commit(() =>
        database.run(
          'DELETE FROM past_requests WHERE is_favourite = 0 AND asked_at_ms <= ?',
          Math.floor(askedBeforeMs),
        ),
      ),
  };
}

function* pageOf(database: Database, userId: number, place: PagePlace, size: number, favourites: boolean): Steps<Page> {
  const only = favourites ? 'AND is_favourite = 1' : '';
  const { olderThan = Number.MAX_SAFE_INTEGER, newerThan } = place;
  function* older(than: number, atMost: number) {
    return yield* database.all(
      `SELECT * FROM past_requests WHERE user_id = ? AND id < ? ${only} ORDER BY id DESC LIMIT ?`,
      userId,
      than,
      atMost,
    );
  }
  function* newer(than: number, atMost: number) {
    const rows = yield* database.all(
      `SELECT * FROM past_requests WHERE user_id = ? AND id > ? ${only} ORDER BY id LIMIT ?`,
      userId,
      than,
      atMost,
    );
    return rows.toReversed();
  }
  let rows = newerThan === undefined ? yield* older(olderThan, size) : yield* newer(newerThan, size);
  // The newest page is a whole one, and a page whose entries are gone is the newest one.
  if (rows.length < size && (newerThan !== undefined || rows.length === 0))
    rows = yield* older(Number.MAX_SAFE_INTEGER, size);
  const entries = rows.map(toPast);
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    entries,
    hasNewer: first !== undefined && (yield* newer(first.id, 1)).length > 0,
    hasOlder: last !== undefined && (yield* older(last.id, 1)).length > 0,
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
