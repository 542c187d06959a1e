import { z } from 'zod';
import { firstOfAlbum, type Job, type JobRequest, type JobState, filesOf } from '../../../domain/job.ts';
import { jobKinds, lanes, defaultKind } from '../../../domain/kinds.ts';
import { toPreferences, wishesOf } from '../../../domain/personal/preferences.ts';
import { type JobId, jobId, isProviderName, type ProviderName } from '../../../domain/ids.ts';
import type { JobLease, KnownAnswer, KnownOperation } from '../../../domain/job-engine.ts';
import type { Database, Row, Steps } from '../../database.ts';
import { fromJson, numberOf, parseRow } from '../../rows.ts';
import { keptCall } from './calls.ts';
import { options, outcome } from './stored-values.ts';

const answer: z.ZodType<KnownAnswer> = z.object({
  model: z.string(),
  url: z.string().exactOptional(),
  further: z.array(z.string().nullable()).exactOptional(),
  titles: z.array(z.string().nullable()).exactOptional(),
  text: z.string().exactOptional(),
  isCut: z.literal(true).exactOptional(),
});

const operation: z.ZodType<KnownOperation> = z.object({
  trail: keptCall,
  operation: z.record(z.string(), z.json()),
});

const waits = {
  ready_at_ms: z.number(),
  reason: z.enum(['keys-cooling', 'keys-busy', 'backing-off', 'next-candidate', 'provider-silent']).nullable(),
};

const ends = { outcome: z.string().transform(fromJson).pipe(outcome) };

const facts = z.object({
  seq: z.number(),
  id: z.string().transform(jobId),
  update_id: z.number(),
  kind: z.enum(jobKinds),
  prompt: z.string(),
  options: z.string().transform(fromJson).pipe(options).nullable(),
  lane: z.enum(lanes),
  locale: z.string(),
  chat_id: z.number(),
  chat_type: z.enum(['private', 'group']),
  user_id: z.number(),
  message_id: z.number(),
  thread_id: z.number().nullable(),
  direct_topic_id: z.number().nullable(),
  pressed: z.number().nullable(),
  album_size: z.number().nullable(),
  wishes: z.string().transform(fromJson).transform(toPreferences).nullable(),
  line: z.string().refine(isProviderName),
  tier: z.number(),
  round: z.number(),
  fence: z.number(),
  crashes: z.number(),
  candidate: z.number(),
  attempts: z.number(),
  calls: z.number(),
  probes: z.number(),
  accepted_at_ms: z.number(),
  claimed_at_ms: z.number().nullable(),
  told_at_ms: z.number().nullable(),
  receipt_id: z.number().nullable(),
  pack_results: z.number(),
  delivery_tries: z.number(),
  deliver_at_ms: z.number().nullable(),
  held: z.enum(['unsure', 'closed']).nullable(),
  answer: z.string().transform(fromJson).pipe(answer).nullable(),
  operation: z.string().transform(fromJson).pipe(operation).nullable(),
});

const jobRow = z.discriminatedUnion('state', [
  facts.extend({ state: z.literal('waiting'), ...waits }),
  facts.extend({ state: z.literal('running') }),
  facts.extend({ state: z.enum(['ended', 'told']), ...ends }),
]);
type JobRow = z.output<typeof jobRow>;

const shownFacts = facts.extend({
  wishes: facts.shape.wishes.catch(null),
  kind: facts.shape.kind.catch(defaultKind),
  options: facts.shape.options.catch(null),
  lane: facts.shape.lane.catch('free'),
  chat_type: facts.shape.chat_type.catch('private'),
  line: facts.shape.line.catch('unknown'),
  answer: facts.shape.answer.catch(null),
  operation: facts.shape.operation.catch(null),
});

/** As `jobRow`, but replaces fields in the format of another version with defaults. */
const shownRow: z.ZodType<JobRow> = z.discriminatedUnion('state', [
  shownFacts.extend({ state: z.literal('waiting'), ...waits, reason: waits.reason.catch(null) }),
  shownFacts.extend({ state: z.literal('running') }),
  shownFacts.extend({
    state: z.enum(['ended', 'told']),
    outcome: ends.outcome.catch({ kind: 'failed', code: 'set-aside' }),
  }),
]);

/** A job with its queue position and its fence. */
export type StoredJob = {
  readonly job: Job;
  readonly seq: number;
  readonly tier: number;
  readonly round: number;
  readonly crashes: number;
  readonly toldAtMs: number | null;
  /** The lease with the newest fence. */
  readonly lease: JobLease;
  readonly answer?: KnownAnswer;
  readonly operation?: KnownOperation;
};

/** Parses a complete row of `jobs`, to work on the job. */
export function toStoredJob(row: Row): StoredJob {
  return toStored(parseRow('jobs', jobRow, row));
}

/** Returns the file paths in a stored outcome; none when it cannot be read. */
export function pathsIn(outcomeText: string): readonly string[] {
  const read = ends.outcome.safeParse(outcomeText);
  if (!read.success || read.data.kind !== 'result') return [];
  return filesOf(read.data.payload).map(({ path }) => path);
}

/** Parses the readable parts of a row of `jobs`, to show or to end the job. */
export function toShownJob(row: Row): StoredJob {
  return toStored(parseRow('jobs', shownRow, row));
}

function toStored(parsed: JobRow): StoredJob {
  return {
    job: toJob(parsed),
    seq: parsed.seq,
    tier: parsed.tier,
    round: parsed.round,
    crashes: parsed.crashes,
    toldAtMs: parsed.told_at_ms,
    lease: { jobId: parsed.id, fence: parsed.fence },
    ...(parsed.answer === null ? {} : { answer: parsed.answer }),
    ...(parsed.operation === null ? {} : { operation: parsed.operation }),
  };
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    prompt: row.prompt,
    ...(row.options === null ? {} : { options: row.options }),
    lane: row.lane,
    locale: row.locale,
    origin: {
      chatId: row.chat_id,
      chatType: row.chat_type,
      userId: row.user_id,
      messageId: row.message_id,
      ...(row.thread_id === null ? {} : { threadId: row.thread_id }),
      ...(row.direct_topic_id === null ? {} : { directTopicId: row.direct_topic_id }),
      ...(row.pressed === 1 ? { pressed: true } : {}),
    },
    updateId: row.update_id,
    ...(row.album_size === null ? {} : { album: { size: row.album_size } }),
    ...wished(row.wishes),
    line: row.line,
    state: toState(row),
    progress: {
      candidate: row.candidate,
      attempts: row.attempts,
      calls: row.calls,
      ...(row.probes === 0 ? {} : { probes: row.probes }),
    },
    acceptedAtMs: row.accepted_at_ms,
    ...(row.claimed_at_ms === null ? {} : { claimedAtMs: row.claimed_at_ms }),
    ...(row.receipt_id === null ? {} : { statusMessageId: row.receipt_id }),
    ...(row.delivery_tries === 0 ? {} : { deliveryTries: row.delivery_tries }),
    ...(row.deliver_at_ms === null ? {} : { deliverAtMs: row.deliver_at_ms }),
    ...(row.held === null ? {} : { held: row.held }),
    ...(row.pack_results === 0 ? {} : { packResults: row.pack_results }),
  };
}

function wished(stored: JobRow['wishes']): Pick<JobRequest, 'wishes'> {
  const wishes = stored === null ? undefined : wishesOf(stored);
  return wishes === undefined ? {} : { wishes };
}

function toState(row: JobRow): JobState {
  switch (row.state) {
    case 'waiting':
      return {
        kind: 'waiting',
        readyAtMs: row.ready_at_ms,
        ...(row.reason === null ? {} : { reason: row.reason }),
      };
    case 'running':
      return { kind: 'running' };
    case 'ended':
    case 'told':
      return { kind: row.state, outcome: row.outcome };
  }
}

/** SQL for the outcome kind of a row of `jobs`; NULL before its end and for unreadable JSON, which would fail the query. */
export const outcomeKind = `CASE WHEN json_valid(outcome) THEN outcome ->> 'kind' END`;

/** A job that was just added, with its place in the order. */
export type AddedJob = Pick<StoredJob, 'job' | 'seq' | 'tier' | 'round'>;

/** Adds a waiting job, as its request says: its row need not be read back. `fence`: as of a job that was claimed so often. */
export function* insertJob(
  database: Database,
  id: JobId,
  request: JobRequest & { readonly line: ProviderName; readonly packResults: number },
  { round, nowMs, fence }: { readonly round: number; readonly nowMs: number; readonly fence: number },
): Steps<AddedJob> {
  const { kind, prompt, options, lane, locale, origin, updateId, line, album, wishes, packResults } = request;
  const values = {
    id,
    update_id: updateId,
    kind,
    prompt,
    options: options === undefined ? null : JSON.stringify(options),
    lane,
    locale,
    chat_id: origin.chatId,
    chat_type: origin.chatType,
    user_id: origin.userId,
    message_id: origin.messageId,
    thread_id: origin.threadId ?? null,
    direct_topic_id: origin.directTopicId ?? null,
    pressed: origin.pressed === true ? 1 : null,
    album: album === undefined ? null : firstOfAlbum(id),
    album_size: album?.size ?? null,
    wishes: wishes === undefined ? null : JSON.stringify(wishes),
    pack_results: packResults,
    line,
    state: 'waiting',
    round,
    fence,
    ready_at_ms: nowMs,
    accepted_at_ms: nowMs,
  };
  const columns = Object.keys(values);
  const added = yield* database.get(
    `INSERT INTO jobs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) RETURNING seq`,
    ...Object.values(values),
  );
  const job: Job = {
    id,
    kind,
    prompt,
    ...(options === undefined ? {} : { options }),
    lane,
    locale,
    origin,
    updateId,
    ...(album === undefined ? {} : { album: { size: album.size } }),
    ...(wishes === undefined ? {} : { wishes }),
    line,
    state: { kind: 'waiting', readyAtMs: nowMs },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: nowMs,
    ...(packResults === 0 ? {} : { packResults }),
  };
  return { job, seq: numberOf(added, 'seq'), tier: 1, round };
}
