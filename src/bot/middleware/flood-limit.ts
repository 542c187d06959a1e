import type { NextFunction } from 'grammy';
import type { Message } from 'grammy/types';
import type { Clock } from '../../kit/clock.ts';
import { commandIn } from '../message-words.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { replyPrivately } from '../reply.ts';
import { identify, isForeignPress, isUserContent } from './identify.ts';

/** Telegram's dates may step back by this much, when updates of two servers arrive. */
const maxStepBackMs = 60_000;

/**
 * How much time has passed for one person or group: the larger of what the dates of their messages say and what our clock
 * says. After a downtime many messages arrive at once that were written over hours, and each counts as if it had arrived
 * when it was written. Only differences of dates are used, so it does not matter whether the two clocks agree.
 */
export class Pace {
  readonly #startedAtMs: number;
  #seenAtMs: number;
  #passedMs = 0;
  /** The date at which nothing had passed. */
  #dateStartMs: number | undefined;
  #lastDateMs = 0;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
    this.#seenAtMs = nowMs;
  }

  /** Milliseconds that have passed when this request was made; never less than before. */
  advance(nowMs: number, dateMs?: number): number {
    const sinceLastMs = Math.max(0, nowMs - this.#seenAtMs);
    this.#seenAtMs = nowMs;
    this.#passedMs = Math.max(this.#passedMs, nowMs - this.#startedAtMs);
    if (dateMs !== undefined && this.#mustStartDates(dateMs)) {
      this.#dateStartMs = dateMs - this.#passedMs;
      this.#lastDateMs = dateMs;
    } else if (this.#dateStartMs !== undefined) {
      this.#lastDateMs = Math.max(this.#lastDateMs, dateMs ?? this.#lastDateMs + sinceLastMs);
      this.#passedMs = Math.max(this.#passedMs, this.#lastDateMs - this.#dateStartMs);
    }
    return this.#passedMs;
  }

  /** With the first date, and when dates step back far: an earlier one was wrong. */
  #mustStartDates(dateMs: number): boolean {
    return this.#dateStartMs === undefined || dateMs < this.#lastDateMs - maxStepBackMs;
  }
}

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
  /** Notices of a group, each to another person; who is dropped beyond them is named in one message later. */
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
  /** Dropped, and the person is told later, together with others of the group. */
  | 'notify-later'
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
      if (!mayNotice(person, nowMs)) return 'ignore';
      return group === undefined || isPress || takeNotice(group, nowMs) ? 'notify' : 'notify-later';
    }
    if (group !== undefined && !showsNothing && !takeShare(group, userId, groupAtMs)) {
      // A group's empty bucket does not count against the person who writes next.
      if (isPress) return 'notify';
      if (!mayNotice(person, nowMs)) return 'ignore';
      return takeNotice(group, nowMs) ? 'notify' : 'notify-later';
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

function mayNotice(person: PersonState, nowMs: number): boolean {
  if (nowMs - person.noticedAtMs < floodRules.minNoticeIntervalMs) return false;
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

/**
 * Two middlewares. `gate` runs before all others and drops requests over the limit. `notify` runs once the speaker is known
 * and answers the requests that the gate let pass only for the notice.
 */
export function floodGate({
  messages,
  clock,
  adminIds,
  emit,
  groupNotices,
}: Pick<BotDeps, 'messages' | 'clock' | 'adminIds' | 'emit' | 'groupNotices'>) {
  const limits = new FloodLimit(clock);
  const toBeNotified = new WeakSet<BotContext>();
  return {
    gate: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      const userId = identify(ctx.from, ctx.message)?.userId;
      const asked = userId === undefined || adminIds.has(userId) ? undefined : askedBy(userId, ctx);
      if (asked === undefined) return next();
      const decision = limits.decide(asked);
      const { chat, from, message } = ctx;
      if (decision === 'notify-later' && chat !== undefined && from !== undefined) {
        groupNotices.add({ chatId: chat.id, threadId: topicOf(message), from });
      }
      if (decision === 'ignore' || decision === 'notify-later') {
        return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'over the flood limit' });
      }
      if (decision === 'notify') toBeNotified.add(ctx);
      await next();
    },
    notify: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      if (!toBeNotified.has(ctx)) return next();
      const { locale } = ctx.speaker;
      if (ctx.callbackQuery === undefined) await replyPrivately(ctx, messages.slowDown(locale));
      else await ctx.answerCallbackQuery(messages.answer('slow-down', locale));
    },
  };
}

function topicOf(message: Message | undefined): number | undefined {
  return message?.is_topic_message === true ? message.message_thread_id : undefined;
}

/** Undefined for updates that nobody asked anything with. */
function askedBy(userId: number, ctx: BotContext): AskedNow | undefined {
  const { callbackQuery, message, chat } = ctx;
  const groupId = chat?.type === 'private' ? undefined : chat?.id;
  if (callbackQuery !== undefined)
    return { userId, groupId, isPress: true, showsNothing: isForeignPress(callbackQuery) };
  if (message === undefined || !isUserContent(message)) return undefined;
  // Most replies to the bot in a group are talk about its pictures.
  const showsNothing = groupId !== undefined && commandIn(ctx) === undefined;
  return { userId, groupId, dateMs: message.date * 1_000, showsNothing };
}
