import type { Clock } from '../../kit/clock.ts';
import { Pace } from './pace.ts';

/** Token buckets: for one person, and for everybody in one group. */
export const floodRules = {
  person: { burst: 20, everyMs: 2_000 },
  /** Telegram allows about twenty messages a minute in a group, and most answers are followed by a picture. */
  group: { burst: 12, everyMs: 5_000 },
  /** A member who has taken this much of a group's bucket leaves one token to the others for each further one. */
  freeShare: 2,
  /** The others' part is at most this large. */
  maxReserved: 6,
  minNoticeIntervalMs: 60_000,
  /** Notices of a group, each to another person. */
  groupNotices: { burst: 3, everyMs: 20_000 },
  /** A person who sends this many more within a minute is muted. */
  maxIgnored: 60,
  ignoredWindowMs: 60_000,
  muteMs: 600_000,
  /** Beyond this many people or groups, the ones that wrote longest ago are dropped. */
  maxEntries: 10_000,
  /** Members of one group whose shares are remembered. */
  maxMembers: 200,
} as const;

export type FloodDecision =
  | 'allow'
  /** Over the limit; the person is told so. */
  | 'notify'
  /** Dropped without a call to Telegram or a database read. */
  | 'ignore';

type BucketRules = { readonly burst: number; readonly everyMs: number };
type Bucket = { tokens: number; filledAtMs: number };
type PersonState = {
  readonly pace: Pace;
  readonly bucket: Bucket;
  noticedAtMs: number;
  ignored: number;
  ignoredSinceMs: number;
  mutedUntilMs: number;
};
type GroupState = {
  readonly pace: Pace;
  readonly bucket: Bucket;
  readonly notices: Bucket;
  /** What each member has taken of the bucket and not been given back by time. */
  readonly members: Map<number, Bucket>;
};

/** A request as the limit sees it. */
export type AskedNow = {
  readonly userId: number;
  /** Absent in a private chat. */
  readonly groupId?: number | undefined;
  /** When Telegram received it; absent for a pressed button, which has no date. */
  readonly dateMs?: number | undefined;
  readonly isPress?: boolean;
  /** What changes nothing that others see takes nothing from its group. */
  readonly showsNothing?: boolean;
};

/**
 * A person has tokens -> has none, and is told so once a minute -> goes on, and is muted for a while -> has tokens. In a
 * group, those who took least come first: the last tokens of its bucket are not for those who took most. Kept in memory
 * only: a restart clears it.
 */
export class FloodLimit {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #people = new Map<number, PersonState>();
  readonly #groups = new Map<number, GroupState>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  decide({ userId, groupId, dateMs, isPress = false, showsNothing = false }: AskedNow): FloodDecision {
    const nowMs = this.#clock.monotonicMs();
    const person = entryOf(this.#people, userId, floodRules.maxEntries, () => newPerson(nowMs));
    const group =
      groupId === undefined ? undefined : entryOf(this.#groups, groupId, floodRules.maxEntries, () => newGroup(nowMs));
    const atMs = person.pace.advance(nowMs, dateMs);
    const groupAtMs = group?.pace.advance(nowMs, dateMs) ?? 0;
    if (person.mutedUntilMs > atMs) return 'ignore';
    refill(person.bucket, floodRules.person, atMs);
    if (person.bucket.tokens < 1) {
      if (isTooMuch(person, atMs)) return 'ignore';
      return mayNotice(person, nowMs) && (group === undefined || isPress || takeNotice(group, nowMs))
        ? 'notify'
        : 'ignore';
    }
    if (group !== undefined && !showsNothing && !takeShare(group, userId, groupAtMs)) {
      // A group's empty bucket does not count against the person who writes next.
      if (isPress) return 'notify';
      return isNoticeDue(person, nowMs) && takeNotice(group, nowMs) && mayNotice(person, nowMs) ? 'notify' : 'ignore';
    }
    person.bucket.tokens -= 1;
    return 'allow';
  }
}

function newPerson(nowMs: number): PersonState {
  const bucket = { tokens: floodRules.person.burst, filledAtMs: 0 };
  const never = { noticedAtMs: -Infinity, ignoredSinceMs: -Infinity, mutedUntilMs: -Infinity };
  return { pace: new Pace(nowMs), bucket, ...never, ignored: 0 };
}

function newGroup(nowMs: number): GroupState {
  return {
    pace: new Pace(nowMs),
    bucket: { tokens: floodRules.group.burst, filledAtMs: 0 },
    notices: { tokens: floodRules.groupNotices.burst, filledAtMs: nowMs },
    members: new Map(),
  };
}

function refill(bucket: Bucket, { burst, everyMs }: BucketRules, atMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (atMs - bucket.filledAtMs) / everyMs);
  bucket.filledAtMs = atMs;
}

/** Takes one token of the group for the member; false when the rest is for others. */
function takeShare(group: GroupState, userId: number, atMs: number): boolean {
  const { bucket, members } = group;
  refill(bucket, floodRules.group, atMs);
  const share = entryOf(members, userId, floodRules.maxMembers, () => ({ tokens: 0, filledAtMs: atMs }));
  const taken = Math.max(0, share.tokens - (atMs - share.filledAtMs) / floodRules.group.everyMs);
  const reserved = Math.min(floodRules.maxReserved, Math.max(0, taken - floodRules.freeShare));
  share.filledAtMs = atMs;
  share.tokens = taken;
  if (bucket.tokens < 1 + reserved) return false;
  share.tokens += 1;
  bucket.tokens -= 1;
  return true;
}

function takeNotice({ notices }: GroupState, nowMs: number): boolean {
  refill(notices, floodRules.groupNotices, nowMs);
  if (notices.tokens < 1) return false;
  notices.tokens -= 1;
  return true;
}

/** Counts ignored requests; mutes a person who does not stop. */
function isTooMuch(person: PersonState, nowMs: number): boolean {
  if (nowMs - person.ignoredSinceMs >= floodRules.ignoredWindowMs) {
    person.ignored = 0;
    person.ignoredSinceMs = nowMs;
  }
  person.ignored += 1;
  if (person.ignored <= floodRules.maxIgnored) return false;
  person.mutedUntilMs = nowMs + floodRules.muteMs;
  person.ignoredSinceMs = -Infinity;
  return true;
}

function isNoticeDue({ noticedAtMs }: PersonState, nowMs: number): boolean {
  return nowMs - noticedAtMs >= floodRules.minNoticeIntervalMs;
}

function mayNotice(person: PersonState, nowMs: number): boolean {
  if (!isNoticeDue(person, nowMs)) return false;
  person.noticedAtMs = nowMs;
  return true;
}

/** The entry of an id, moved to the end; the first entry is dropped when there are too many. */
function entryOf<Value>(entries: Map<number, Value>, id: number, maxEntries: number, create: () => Value): Value {
  const value = entries.get(id) ?? create();
  entries.delete(id);
  entries.set(id, value);
  const [oldest] = entries.keys();
  if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  return value;
}
