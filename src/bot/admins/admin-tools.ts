import { Composer, InputFile } from 'grammy';
import type { Message } from 'grammy/types';
import { costReport } from '../../domain/costs.ts';
import type { HistorySpan } from '../../domain/views.ts';
import type { SpanFigures } from '../../messages/admins/figures-view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { classifyTelegramError, isShut } from '../outbox/telegram-error.ts';
import { reply } from '../reply.ts';
import { type Bar, drawBars } from './bar-chart.ts';

const hourMs = 3_600_000;
const dayHours = 24;
const weekHours = 7 * dayHours;
const shownJobs = 10;
const shownFeedback = 10;

/** /stats, /whois and /feedback for admins, in their own chat; unknown commands for everybody else. */
export function adminTools(deps: BotDeps): Composer<BotContext> {
  const { messages, admin } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('stats')).filter(isAdminHere, async (ctx) => {
    const [day, week] = [await figuresOf(deps, dayHours), await figuresOf(deps, weekHours)];
    const { lines } = await admin.jobs.stats();
    const waiting = lines.reduce((sum, line) => sum + line.waiting.free + line.waiting.premium, 0);
    const running = lines.reduce((sum, line) => sum + line.running, 0);
    const view = messages.stats({ day, week, waiting, running }, ctx.speaker.locale);
    const picture = drawBars([day.spans.map(barOf), week.spans.map(barOf)]);
    try {
      await ctx.replyWithPhoto(new InputFile(picture, 'stats.png'), { caption: view.text, parse_mode: 'HTML' });
    } catch (error) {
      if (!isShut(classifyTelegramError(error))) throw error;
    }
  });
  feature.filter(isCommand('whois')).filter(isAdminHere, async (ctx) => {
    const { locale } = ctx.speaker;
    const words = wordsAfterCommand(ctx)
      .split(/\s+/)
      .filter((word) => word !== '');
    const withWords = words.includes('--words') || words.includes('—words');
    const who = words.find((word) => !/^[-—]/.test(word));
    const id = who === undefined ? personIn(ctx.message?.reply_to_message) : await idOf(deps, who);
    if (id === undefined) {
      return reply(ctx, who === undefined ? messages.whoisUsage(locale) : messages.whoisUnknown(who, locale));
    }
    const jobs = await admin.jobs.list({ userId: id, count: shownJobs });
    // Reading a person's words leaves a trace.
    if (withWords) await admin.note('read-words', String(id));
    const [person, known] = [await admin.people.find(id), await deps.people.find(id)];
    return reply(ctx, messages.whois({ person, known, jobs, withWords, nowMs: deps.clock.now() }, locale));
  });
  feature.filter(isCommand('feedback')).filter(isAdminHere, async (ctx) => {
    return reply(ctx, messages.feedbackList(await deps.feedback.latest(shownFeedback), ctx.speaker.locale));
  });
  return feature;
}

type ChartedFigures = SpanFigures & { readonly spans: readonly HistorySpan[] };

async function figuresOf({ admin, people, clock, budgetCurrency }: BotDeps, hours: number): Promise<ChartedFigures> {
  const { spans, total } = await admin.history(hours);
  const sinceMs = clock.now() - hours * hourMs;
  const costs = await admin.costs(sinceMs + (hours === dayHours ? dayHours * hourMs : 0));
  const { usd, unpriced } = costReport(costs, 'kind', { since: '', currency: budgetCurrency }).total;
  return { spans, total, people: await people.counts(sinceMs), spent: usd, unpriced, currency: budgetCurrency };
}

function barOf({ requests, answered, failed }: HistorySpan): Bar {
  return [answered, failed, Math.max(0, requests - answered - failed)];
}

async function idOf({ people }: BotDeps, who: string): Promise<number | undefined> {
  if (/^[1-9][0-9]{0,15}$/.test(who)) return Number(who);
  const name = /^@?(\w{3,64})$/.exec(who)?.[1];
  return name === undefined ? undefined : (await people.findByUsername(name))?.id;
}

/** Whom an answered message is about: who wrote a forwarded one, or the person that a message of the bot names. */
function personIn(message: Message | undefined): number | undefined {
  if (message?.forward_origin?.type === 'user') return message.forward_origin.sender_user.id;
  for (const entity of message?.entities ?? []) {
    if (entity.type === 'text_mention') return entity.user.id;
    const id = entity.type === 'text_link' ? /^tg:\/\/user\?id=([1-9][0-9]{0,15})$/.exec(entity.url)?.[1] : undefined;
    if (id !== undefined) return Number(id);
  }
  return undefined;
}
