import { z } from 'zod';
import { jobId } from '../../../domain/ids.ts';
import type { CopyStore, KeptCopy, ResultCopy } from '../../../domain/media.ts';
import type { Database, Steps } from '../../database.ts';
import { parseRow } from '../../rows.ts';
import { lockPersonOf } from './fair-queue.ts';
import type { Owner } from './owner.ts';

const copyRow = z
  .object({ key: z.string(), job_id: z.string().transform(jobId), part: z.number(), mime: z.string() })
  .transform(({ key, job_id, part, mime }): ResultCopy => ({ key, jobId: job_id, part, mime }));

const keptRow = z
  .object({ key: z.string(), part: z.number(), linked: z.number(), message: z.string().nullable() })
  .transform(({ key, part, linked, message }): KeptCopy => {
    const messageId = message !== null && /^[0-9]{1,15}$/.test(message) ? Number(message) : undefined;
    return { key, part, isLinked: linked === 1, ...(messageId === undefined ? {} : { messageId }) };
  });

/** The first file is shown by the outcome's own message, and each further one by a message of its own. */
const messageOfPart = `(SELECT note FROM effects WHERE job_id = result_copies.job_id AND note IS NOT NULL
  AND effect IN (CASE part WHEN 0 THEN 'result' ELSE 'part-' || (part + 1) || '-again' END,
                 CASE part WHEN 0 THEN 'result' ELSE 'part-' || (part + 1) END)
  ORDER BY effect DESC LIMIT 1)`;

/** The copies of results in the database; `owner` is this process, where others share it. */
export function createResultCopies(database: Database, owner?: Owner): CopyStore {
  const isOthers =
    owner === undefined
      ? ''
      : `AND NOT EXISTS (SELECT 1 FROM copy_uploads
           WHERE copy_uploads.key = result_copies.key AND owner <> ? AND NOT (${owner.isGone}))`;
  const me = owner === undefined ? [] : [owner.id, owner.id];
  function* isOver(key: string): Steps<void> {
    if (owner !== undefined) yield* database.run('DELETE FROM copy_uploads WHERE key = ?', key);
  }
  return {
    add: async (place, copies) =>
      database.commit(function* () {
        const sql = `INSERT INTO result_copies (key, place, job_id, part, mime, state)
          SELECT ?, ?, id, ?, ?, 'upload' FROM jobs WHERE id = ? AND forgotten = 0 ON CONFLICT DO NOTHING`;
        for (const id of new Set(copies.map(({ jobId }) => jobId))) yield* lockPersonOf(database, id);
        for (const { key, jobId: id, part, mime } of copies) yield* database.run(sql, key, place, part, mime, id);
      }),
    toUpload: (place, atMost) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT key, job_id, part, mime FROM result_copies
           WHERE place = ? AND state = 'upload' ${isOthers} ORDER BY tries, seq LIMIT ?`,
          place,
          ...me,
          atMost,
        );
        return rows.map((row) => parseRow('result_copies', copyRow, row));
      }),
    toDelete: (place, atMost) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT key FROM result_copies WHERE place = ? AND state = 'delete' ${isOthers} ORDER BY tries, seq LIMIT ?`,
          place,
          ...me,
          atMost,
        );
        return rows.map((row) => String(row['key']));
      }),
    begin: async (key) =>
      owner === undefined ||
      database.commit(function* () {
        const sql = `INSERT INTO copy_uploads (key, owner) SELECT key, ? FROM result_copies WHERE key = ? AND state = 'upload'
          ON CONFLICT (key) DO UPDATE SET owner = excluded.owner`;
        return (yield* database.run(sql, owner.id, key)) === 1;
      }),
    postpone: async (key) =>
      database.commit(function* () {
        yield* database.run('UPDATE result_copies SET tries = tries + 1 WHERE key = ?', key);
      }),
    uploaded: async (key) =>
      database.commit(function* () {
        const sql = `UPDATE result_copies SET state = 'kept' WHERE key = ? AND state IN ('upload', 'kept')`;
        if ((yield* database.run(sql, key)) === 0) return false;
        yield* isOver(key);
        return true;
      }),
    drop: async (key) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM result_copies WHERE key = ?', key);
        yield* isOver(key);
      }),
    kept: (place, id) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT key, part, linked, ${messageOfPart} AS message FROM result_copies
           WHERE job_id = ? AND place = ? AND state = 'kept' ORDER BY part`,
          id,
          place,
        );
        return rows.map((row) => parseRow('result_copies', keptRow, row));
      }),
    linked: async (keys) =>
      database.commit(function* () {
        for (const key of keys) yield* database.run('UPDATE result_copies SET linked = 1 WHERE key = ?', key);
      }),
    unlinked: (place, atMost) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT job_id FROM result_copies
           WHERE place = ? AND state = 'kept' AND linked = 0 GROUP BY job_id ORDER BY max(seq) DESC LIMIT ?`,
          place,
          atMost,
        );
        return rows.map((row) => jobId(String(row['job_id'])));
      }),
  };
}

export type CountedCopies = { readonly place: string; readonly state: string; readonly copies: number };

/** How many copies there are, by where they are and what becomes of them. */
export function* countCopies(database: Database): Steps<readonly CountedCopies[]> {
  const rows = yield* database.all(
    'SELECT place, state, count(*) AS copies FROM result_copies GROUP BY place, state ORDER BY place, state',
  );
  return rows.map((row) => ({
    place: String(row['place']),
    state: String(row['state']),
    copies: Number(row['copies']),
  }));
}
