import { z } from 'zod';
import { lanes } from '../../../domain/kinds.ts';
import { type LaneWaits, laneWaitsOf, measuredDays } from '../../../domain/payments/lane-waits.ts';
import type { Database, Steps } from '../../database.ts';
import { parseRow } from '../../rows.ts';

/** The newest requests are read, about two milliseconds' work, however many there are. */
const maxRequests = 2_000;

const waitRow = z
  .object({ lane: z.enum(lanes), wait_ms: z.number() })
  .transform(({ lane, wait_ms: waitMs }) => ({ lane, waitMs }));

/** Measures how long the requests of each lane waited before they were begun first. */
export function* laneWaits(database: Database, nowMs: number): Steps<LaneWaits> {
  const rows = yield* database.all(
    `SELECT lane, claimed_at_ms - accepted_at_ms AS wait_ms
     FROM (SELECT * FROM jobs ORDER BY seq DESC LIMIT ${maxRequests}) AS newest
     WHERE accepted_at_ms >= ? AND claimed_at_ms >= accepted_at_ms AND lane IN ('premium', 'free')`,
    Math.floor(nowMs) - measuredDays * 86_400_000,
  );
  return laneWaitsOf(rows.map((row) => parseRow('jobs', waitRow, row)));
}
