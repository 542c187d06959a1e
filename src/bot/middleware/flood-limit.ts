import type { Clock } from '../../kit/clock.ts';
import type { NextFunction } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { identify, isUserContent } from './identify.ts';
import { reply } from '../reply.ts';

/** So much is answered: from one person, and to everybody in one group. */
export const floodRules = {
  person: { burst: 20, everyMs: 2_000 },
  /** Telegram takes about twenty messages a minute to a group, and many an answer is followed by a picture. */
  group: { burst: 12, everyMs: 5_000 },
  minNoticeIntervalMs: 60_000,
  /** Whoever goes on like this within a minute after the notice is not heard for a while. */
  maxIgnored: 60,
  ignoredWindowMs: 60_000,
  muteMs: 600_000,
  /** Of more people and groups than these, those who wrote longest ago are forgotten. */
  remembered: 10_000,
} as const;

export type FloodDecision =
  | 'go'
  /** To be told, once in a while, that this was too much. */
  | 'notice'
  /** Costs nothing: no call of Telegram, no look into the database. */
  | 'silence';

type Bucket = { tokens: number; filledAtMs: number; noticedAtMs: number };
type PersonState = Bucket & { ignored: number; ignoredSinceMs: number; mutedUntilMs: number };

/**
 * A person has tokens -> has none, and is told so once a minute -> goes on all the same, and is muted -> has tokens. In
 * memory only: a restart forgives.
 */
export class FloodLimit {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #people = new Map<number, PersonState>();
  readonly #groups = new Map<number, Bucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** What becomes of something that the person asks for, in a group or alone with the bot. */
  judge(userId: number, groupId?: number): FloodDecision {
    const nowMs = this.#clock.monotonicMs();
    const person = remembered(this.#people, userId, () => newPerson(nowMs));
    const group = groupId === undefined ? undefined : remembered(this.#groups, groupId, () => newGroup(nowMs));
    if (person.mutedUntilMs > nowMs) return 'silence';
    refill(person, floodRules.person, nowMs);
    if (person.tokens < 1) {
      if (isTooMuch(person, nowMs)) return 'silence';
      return mayNotice(person, nowMs) && (group === undefined || mayNotice(group, nowMs)) ? 'notice' : 'silence';
    }
    if (group !== undefined) {
      refill(group, floodRules.group, nowMs);
      // The others' fault is not counted against whoever happens to write next.
      if (group.tokens < 1) return mayNotice(group, nowMs) ? 'notice' : 'silence';
      group.tokens -= 1;
    }
    person.tokens -= 1;
    return 'go';
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

/** Counts what is ignored; mutes whoever does not stop. */
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

/** The entry of an id, moved behind all others; the first one makes room when there are too many. */
function remembered<Value>(entries: Map<number, Value>, id: number, create: () => Value): Value {
  const value = entries.get(id) ?? create();
  entries.delete(id);
  entries.set(id, value);
  const [oldest] = entries.keys();
  if (entries.size > floodRules.remembered && oldest !== undefined) entries.delete(oldest);
  return value;
}

/**
 * Lets through what a person may ask for at that pace. `door` stands before everything else and turns away at no cost;
 * `notice` says to whom the door let pass for that alone, once they are known, that it was too much.
 */
export function floodLimit({ messages, clock, adminIds }: Pick<BotDeps, 'messages' | 'clock' | 'adminIds'>) {
  const limits = new FloodLimit(clock);
  const toBeNoticed = new WeakSet<BotContext>();
  const ours = new Set(messages.commands('en', { admin: true }).map(({ command }) => command));
  return {
    door: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      const userId = identify(ctx.from, ctx.message)?.userId;
      if (userId === undefined || adminIds.has(userId) || !asksUs(ctx, ours)) return next();
      const ruling = limits.judge(userId, ctx.chat?.type === 'private' ? undefined : ctx.chat?.id);
      if (ruling === 'silence') return;
      if (ruling === 'notice') toBeNoticed.add(ctx);
      await next();
    },
    notice: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      if (!toBeNoticed.has(ctx)) return next();
      const { locale } = ctx.speaker;
      if (ctx.callbackQuery === undefined) await reply(ctx, messages.slowDown(locale));
      else await ctx.answerCallbackQuery(messages.answer('slow-down', locale));
    },
  };
}

/** Whether the bot may have to answer: in a group that is a command of ours, a button, or a reply to us. */
function asksUs({ callbackQuery, message, chat, me }: BotContext, ours: ReadonlySet<string>): boolean {
  if (callbackQuery !== undefined) return true;
  if (message === undefined || !isUserContent(message)) return false;
  if (chat?.type === 'private' || message.reply_to_message?.from?.id === me.id) return true;
  const [, command = '', target] = /^\/(\w+)(?:@(\w+))?/.exec(message.text ?? message.caption ?? '') ?? [];
  return target === undefined ? ours.has(command) : target.toLowerCase() === me.username.toLowerCase();
}
