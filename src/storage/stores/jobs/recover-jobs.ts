import type { JobId, ProviderName } from '../../../domain/ids.ts';
import type { Recovered } from '../../../domain/job-engine.ts';
import { type Outcome, turnOf } from '../../../domain/job.ts';
import { lanes } from '../../../domain/kinds.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { lockTurns, refreshTurn } from './fair-queue.ts';
import { outcomeKind, toShownJob } from './job-rows.ts';
import type { Owner } from './owner.ts';
import { endFromOutside, readOrSetAside } from './settle.ts';

/** The lines from which jobs are claimed; without it, every line. */
export type KnownLines = ReadonlySet<ProviderName> | undefined;

const setAsideOutcome: Outcome = { kind: 'failed', code: 'set-aside' };
const knownLanes: ReadonlySet<string> = new Set(lanes);

/** Dead-letters jobs that wait in a line or lane that this version does not know. */
function* setStraysAside(database: Database, lines: KnownLines, nowMs: number, owner: string): Steps<readonly JobId[]> {
  const strays: JobId[] = [];
  for (const counted of yield* database.all('SELECT DISTINCT line, lane FROM waiting_counts')) {
    const [line, lane] = [String(counted['line']), String(counted['lane'])];
    if (lines?.has(line) !== false && knownLanes.has(lane)) continue;
    const sql = `SELECT seq, fence, state FROM jobs WHERE state = 'waiting' AND line = ? AND lane = ? ORDER BY turn_id`;
    for (const row of yield* database.all(sql, line, lane)) {
      const stray = yield* endFromOutside(database, row, setAsideOutcome, nowMs, owner);
      if (stray !== undefined) strays.push(stray.job.id);
    }
  }
  return strays;
}

/** Jobs of this state whose owner is gone; one parameter. */
const ofGone = (state: string, { isGone }: Owner) => `FROM jobs WHERE state = '${state}' AND ${isGone}`;

/** The jobs that owners who are gone were running or delivering; two parameters. */
const interruptedJobs = (owner: Owner) => `SELECT * ${ofGone('running', owner)}
  UNION ALL
  SELECT * ${ofGone('ended', owner)} AND owner IS NOT NULL AND ${outcomeKind} = 'result'
    AND EXISTS (SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result' AND note IS NULL)
  ORDER BY turn_id, seq`;

/** Requeues the jobs of owners that are gone to the front, or dead-letters them, inside the caller's transaction. */
export function* recoverJobs(
  database: Database,
  lines: KnownLines,
  maxCrashes: number,
  owner: Owner,
  nowMs: number,
): Steps<Recovered> {
  yield* database.lock('recovery');
  const setAside: JobId[] = [];
  const unreadable: JobId[] = [...(yield* setStraysAside(database, lines, nowMs, owner.id))];
  let handedBack = 0;
  for (const row of yield* database.all(interruptedJobs(owner), owner.id, owner.id)) {
    yield* lockTurns(database, [numberOf(row, 'turn_id')]);
    const crashes = numberOf(row, 'crashes') + 1;
    const isTaken = yield* database.run(
      // Without an owner it counts no second time, and is delivered by the one who takes it.
      'UPDATE jobs SET crashes = ?, owner = NULL WHERE seq = ? AND fence = ? AND state = ?',
      crashes,
      numberOf(row, 'seq'),
      numberOf(row, 'fence'),
      String(row['state']),
    );
    // Its owner was only late.
    if (isTaken === 0) continue;
    // A delivery needs only the file and the person, so a partly unreadable row is enough.
    const found = row['state'] === 'running' ? yield* readOrSetAside(database, row) : toShownJob(row);
    if ('setAside' in found) {
      unreadable.push(found.setAside);
      continue;
    }
    const { job, seq } = found;
    if (crashes >= maxCrashes) {
      yield* endFromOutside(database, row, setAsideOutcome, nowMs, owner.id);
      setAside.push(job.id);
    } else if (job.state.kind === 'running') {
      yield* database.run(
        `UPDATE jobs SET state = 'waiting', tier = 0, parked = 0, ready_at_ms = ?, reason = NULL, fence = fence + 1
         WHERE seq = ?`,
        nowMs,
        seq,
      );
      yield* refreshTurn(database, job.line, job.lane, turnOf(job.origin));
      handedBack += 1;
    }
  }
  return { handedBack, setAside, unreadable };
}
