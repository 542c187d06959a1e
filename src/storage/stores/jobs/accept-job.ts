import { firstFence, type JobId, jobId, type ProviderName } from '../../../domain/ids.ts';
import type { Accepted, AcceptLimits } from '../../../domain/job-engine.ts';
import { albumIds, type JobRequest, turnOf } from '../../../domain/job.ts';
import { kindTraits } from '../../../domain/kinds.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf, rememberedMs } from '../../rows.ts';
import { forgetUses, packResultsOf, takeFromPacks } from '../payments/packs.ts';
import { addTurn, keepRound, lockTurns, nextRound, placeAhead } from './fair-queue.ts';
import { type AddedJob, insertJob, type StoredJob, toShownJob } from './job-rows.ts';
import { barredFrom, creditsTaken, takeCredit } from './settle.ts';

/** Accepts or refuses a job, inside the caller's transaction. */
export function* acceptJob(
  database: Database,
  request: JobRequest & { readonly line: ProviderName },
  limits: AcceptLimits,
  nowMs: number,
  intent?: 'receipt',
): Steps<Accepted> {
  const id = jobId(`tg-${request.updateId}`);
  const { userId, chatId } = request.origin;
  // The limits are the person's, wherever they ask.
  yield* lockTurns(database, [turnOf(request.origin), userId]);
  const earlier = yield* database.get('SELECT * FROM jobs WHERE id = ?', id);
  const known = earlier && toShownJob(earlier);
  if (known !== undefined && isRemembered(known, nowMs))
    return { kind: 'known', job: known.job, ahead: yield* placeAhead(database, known) };
  if (known !== undefined) yield* deleteJob(database, id);

  const barred = yield* barredFrom(database, userId, chatId, nowMs);
  if (barred !== undefined) return { kind: 'refused', code: 'barred', barred };
  const ids = albumIds(id, request.album?.size);
  const { open, round } = yield* standing(database, request);
  if (open >= limits.waiting) return { kind: 'refused', code: 'queue-full' };
  const { cost } = kindTraits[request.kind];
  const left =
    limits.perDay < 0 ? Infinity : limits.perDay - (yield* creditsTaken(database, userId, request.kind, nowMs));
  // What the day no longer gives is paid from packs: all of an album or nothing of it.
  const fromPacks = Math.max(0, ids.length - Math.max(0, left)) * cost;
  if (fromPacks > 0 && (yield* packResultsOf(database, userId)) < fromPacks)
    return { kind: 'refused', code: 'quota-reached' };
  let stored: AddedJob | undefined;
  for (const [place, one] of ids.entries()) {
    const packResults = place < left ? 0 : cost;
    if (packResults > 0) yield* takeFromPacks(database, one, userId, packResults);
    const next = { round: round + place * cost, nowMs, fence: known === undefined ? 0 : firstFence };
    const added = yield* addJob(database, one, { ...variationOf(request, place), packResults }, next);
    stored ??= added;
  }
  if (stored === undefined) throw new Error(`Cannot accept job ${id}: its album has no place`);
  if (intent !== undefined) yield* database.run('INSERT INTO effects (job_id, effect) VALUES (?, ?)', id, intent);
  return { kind: 'accepted', job: stored.job, ahead: yield* placeAhead(database, stored) };
}

function* addJob(
  database: Database,
  id: JobId,
  request: Parameters<typeof insertJob>[2],
  next: Parameters<typeof insertJob>[3],
) {
  const { lane, kind, origin } = request;
  yield* takeCredit(database, id, origin.userId, kind, next.nowMs, request.packResults);
  yield* keepRound(database, lane, turnOf(origin), next.round);
  const added = yield* insertJob(database, id, request, next);
  yield* addTurn(database, added);
  return added;
}

/** The same seed would make the same picture again. */
function variationOf<Request extends JobRequest>(request: Request, place: number): Request {
  const { options } = request;
  if (options?.chosenSeed === undefined || place === 0) return request;
  return { ...request, options: { ...options, chosenSeed: options.chosenSeed + place } };
}

/** A job delivered before the update memory began loses its id to the next update of that number. */
function isRemembered({ toldAtMs }: StoredJob, nowMs: number): boolean {
  return toldAtMs === null || toldAtMs > nowMs - rememberedMs;
}

function* deleteJob(database: Database, id: JobId): Steps<void> {
  yield* database.run('DELETE FROM effects WHERE job_id = ?', id);
  yield* database.run('DELETE FROM calls WHERE job_id = ?', id);
  yield* database.run('DELETE FROM rewrites WHERE job_id = ?', id);
  yield* database.run('DELETE FROM credits WHERE job_id = ?', id);
  yield* forgetUses(database, id);
  yield* database.run('DELETE FROM jobs WHERE id = ?', id);
}

/** How many jobs the person has waiting and running, wherever they asked, and the round of the next one. */
function* standing(database: Database, { kind, lane, origin }: JobRequest) {
  const row = yield* database.get(
    `SELECT
       (SELECT count(*) FROM jobs WHERE user_id = ? AND state IN ('waiting', 'running') AND state <> 'told') AS open,
       (SELECT now_round FROM lane_rounds WHERE lane = ?) AS nowRound,
       (SELECT last_round FROM person_rounds WHERE lane = ? AND user_id = ?) AS lastRound`,
    origin.userId,
    lane,
    lane,
    turnOf(origin),
  );
  const round = nextRound(numberOf(row, 'nowRound'), numberOf(row, 'lastRound'), kindTraits[kind].cost);
  return { open: numberOf(row, 'open'), round };
}
