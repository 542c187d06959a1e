import type { Clock } from '../../kit/clock.ts';
import type { NextFunction } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { identify, isUserContent } from './identify.ts';
import { reply } from '../reply.ts';

/** Token buckets: for one person, and for everybody in one group. */
export const floodRules = {
  person: { burst: 20, everyMs: 2_000 },
  /** Telegram allows about twenty messages a minute in a group, and most answers are followed by a picture. */
  group: { burst: 12, everyMs: 5_000 },
  minNoticeIntervalMs: 60_000,
  /** A person who sends this many more within a minute is muted. */
  maxIgnored: 60,
  ignoredWindowMs: 60_000,
  muteMs: 600_000,
  /** Beyond this many people or groups, the ones that wrote longest ago are dropped. */
  maxEntries: 10_000,
} as const;

export type FloodDecision =
  | 'allow'
  /** Over the limit; the person is told so. */
  | 'notify'
  /** Dropped without a call to Telegram or a database read. */
  | 'ignore';

type Bucket = { tokens: number; filledAtMs: number; noticedAtMs: number };
type PersonState = Bucket & { ignored: number; ignoredSinceMs: number; mutedUntilMs: number };

/**
 * A person has tokens -> has none, and is told so once a minute -> goes on, and is muted for a while -> has tokens. Kept in
 * memory only: a restart clears it.
 */
export class FloodLimit {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #people = new Map<number, PersonState>();
  readonly #groups = new Map<number, Bucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Decides on one request of the person, in a group or in the private chat. */
  decide(userId: number, groupId?: number): FloodDecision {
    const nowMs = this.#clock.monotonicMs();
    const person = entryOf(this.#people, userId, () => newPerson(nowMs));
    const group = groupId === undefined ? undefined : entryOf(this.#groups, groupId, () => newGroup(nowMs));
    if (person.mutedUntilMs > nowMs) return 'ignore';
    refill(person, floodRules.person, nowMs);
    if (person.tokens < 1) {
      if (isTooMuch(person, nowMs)) return 'ignore';
      return mayNotice(person, nowMs) && (group === undefined || mayNotice(group, nowMs)) ? 'notify' : 'ignore';
    }
    if (group !== undefined) {
      refill(group, floodRules.group, nowMs);
      // A group's empty bucket does not count against the person who writes next.
      if (group.tokens < 1) return mayNotice(group, nowMs) ? 'notify' : 'ignore';
      group.tokens -= 1;
    }
    person.tokens -= 1;
    return 'allow';
  }
}

function newPerson(nowMs: number): PersonState {
  const { burst } = floodRules.person;
  return { ...newBucket(burst, nowMs), ignored: 0, ignoredSinceMs: -Infinity, mutedUntilMs: -Infinity };
}

function newGroup(nowMs: number): Bucket {
  return newBucket(floodRules.group.burst, nowMs);
}

function newBucket(tokens: number, nowMs: number): Bucket {
  return { tokens, filledAtMs: nowMs, noticedAtMs: -Infinity };
}

function refill(
  bucket: Bucket,
  { burst, everyMs }: { readonly burst: number; readonly everyMs: number },
  nowMs: number,
) {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.filledAtMs) / everyMs);
  bucket.filledAtMs = nowMs;
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

function mayNotice(bucket: Bucket, nowMs: number): boolean {
  if (nowMs - bucket.noticedAtMs < floodRules.minNoticeIntervalMs) return false;
  bucket.noticedAtMs = nowMs;
  return true;
}

/** The entry of an id, moved to the end; the first entry is dropped when there are too many. */
function entryOf<Value>(entries: Map<number, Value>, id: number, create: () => Value): Value {
  const value = entries.get(id) ?? create();
  entries.delete(id);
  entries.set(id, value);
  const [oldest] = entries.keys();
  if (entries.size > floodRules.maxEntries && oldest !== undefined) entries.delete(oldest);
  return value;
}

/**
 * Two middlewares. `gate` runs before all others and drops requests over the limit. `notify` runs once the speaker is known
 * and answers the requests that the gate let pass only for the notice.
 */
export function floodLimit({ messages, clock, adminIds }: Pick<BotDeps, 'messages' | 'clock' | 'adminIds'>) {
  const limits = new FloodLimit(clock);
  const toBeNotified = new WeakSet<BotContext>();
  const ownCommands = new Set(messages.commands('en', { admin: true }).map(({ command }) => command));
  return {
    gate: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      const userId = identify(ctx.from, ctx.message)?.userId;
      if (userId === undefined || adminIds.has(userId) || !isForBot(ctx, ownCommands)) return next();
      const decision = limits.decide(userId, ctx.chat?.type === 'private' ? undefined : ctx.chat?.id);
      if (decision === 'ignore') return;
      if (decision === 'notify') toBeNotified.add(ctx);
      await next();
    },
    notify: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      if (!toBeNotified.has(ctx)) return next();
      const { locale } = ctx.speaker;
      if (ctx.callbackQuery === undefined) await reply(ctx, messages.slowDown(locale));
      else await ctx.answerCallbackQuery(messages.answer('slow-down', locale));
    },
  };
}

/** Whether the bot has to answer: in a group only own commands, buttons, and replies to the bot. */
function isForBot({ callbackQuery, message, chat, me }: BotContext, ownCommands: ReadonlySet<string>): boolean {
  if (callbackQuery !== undefined) return true;
  if (message === undefined || !isUserContent(message)) return false;
  if (chat?.type === 'private' || message.reply_to_message?.from?.id === me.id) return true;
  const [, command = '', target] = /^\/(\w+)(?:@(\w+))?/.exec(message.text ?? message.caption ?? '') ?? [];
  return target === undefined ? ownCommands.has(command) : target.toLowerCase() === me.username.toLowerCase();
}
