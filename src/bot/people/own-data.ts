import { Composer, InputFile } from 'grammy';
import type { PastJob } from '../../domain/job-engine.ts';
import type { ExportRequest } from '../../domain/people/people.ts';
import type { PastRequest } from '../../domain/personal/past-requests.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reportTelegramError } from '../delivery/media-message.ts';
import { jobOfMessage } from '../commands/result-replies.ts';
import { isCommand } from '../message-words.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isAborted, isTransient } from '../outbox/telegram-error.ts';
import { reply } from '../reply.ts';

const minIntervalMs = 3_600_000;
const jobsAtOnce = 200;
const maxJobs = 20_000;
const maxPayments = 10_000;

/** /privacy: what is kept, and for how long. /export: one's own data as a file, in private. */
export function ownDataCommands(deps: BotDeps): Composer<BotContext> {
  const { messages, exports, exporter, clock, admin, payments, prices } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('privacy'), async (ctx) => {
    const providers = [...new Set((await admin.keys.list()).map(({ provider }) => provider))];
    const sells = prices.packs.length > 0 || prices.subscription !== undefined;
    const hasPayments = sells || (await payments.latest(1, ctx.speaker.userId)).length > 0;
    const { retentionMs, historyMs, keepsCopies } = deps;
    const result = await repliedResult(ctx, deps);
    const facts = { retentionMs, historyMs, keepsCopies, providers, hasPayments, result };
    await reply(ctx, messages.privacy(facts, ctx.speaker.locale));
  });
  feature.filter(isCommand('export')).filter(
    (ctx) => ctx.chat?.type === 'private',
    async (ctx) => {
      const { userId, locale } = ctx.speaker;
      const request = { userId, chatId: userId, locale };
      const asked = await exports.ask(request, clock.now(), minIntervalMs);
      await reply(ctx, messages.exportAnswer(asked, locale));
      if (asked === 'asked') exporter.send(request);
    },
  );
  return feature;
}

/** How old the result is that the command answers, in the chat where it was made: anybody there may ask. */
async function repliedResult({ message, me, chat }: BotContext, { admin, retentionMs }: BotDeps) {
  const shown = message?.reply_to_message;
  const id = shown?.from?.id === me.id ? jobOfMessage(shown) : undefined;
  const past = id === undefined ? undefined : await admin.jobs.find(id);
  if (past?.endedAtMs === undefined || past.job.origin.chatId !== chat?.id) return undefined;
  return { madeAtMs: past.endedAtMs, untilMs: past.endedAtMs + retentionMs };
}

type ExporterOptions = Pick<
  BotDeps,
  'exports' | 'users' | 'people' | 'payments' | 'pastRequests' | 'messages' | 'clock' | 'emit'
> & {
  readonly jobs: { latest: BotDeps['admin']['jobs']['list'] };
  readonly outbox: Outbox;
  /** Whether this process sends: of several, one does. */
  readonly mayTell?: () => boolean;
};

/** Sends people their own data. A request is kept until the file has arrived; a file may come twice after a broken call. */
export class Exporter {
  readonly #options: ExporterOptions;
  /** The people whose data wait to be sent: a process that gets the role again finds them a second time. */
  readonly #inHand = new Set<number>();

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  /** Sends what an earlier process was asked for. */
  async resume(): Promise<void> {
    for (const request of await this.#options.exports.unsent()) this.send(request);
  }

  send(request: ExportRequest): void {
    const { outbox, exports, messages, emit } = this.#options;
    const { userId, chatId, locale } = request;
    if (this.#inHand.has(userId)) return;
    this.#inHand.add(userId);
    const run = async (): Promise<'done' | 'again'> => {
      if (this.#options.mayTell?.() === false) {
        // The process that sends now has found it.
        this.#inHand.delete(userId);
        return 'done';
      }
      const file = new InputFile(Buffer.from(JSON.stringify(await this.#dataOf(userId), undefined, 2)), 'my-data.json');
      const { text } = messages.exportCaption(locale);
      try {
        await outbox.api.sendDocument(chatId, file, { caption: text, parse_mode: 'HTML' });
      } catch (error) {
        if (isAborted(error) || isTransient(reportTelegramError(emit, 'sendDocument', error))) return 'again';
      }
      await exports.noteSent(userId);
      this.#inHand.delete(userId);
      return 'done';
    };
    outbox.post({ chatId, kind: 'send', priority: 'proactive', run });
  }

  async #dataOf(userId: number): Promise<object> {
    const { users, people, payments, clock } = this.#options;
    const { locale, models, preferences, premiumUntilMs } = await users.find(userId);
    const person = await people.find(userId);
    const paid = await payments.latest(maxPayments, userId);
    return {
      madeAt: iso(clock.now()),
      profile: {
        id: userId,
        username: person?.username,
        telegramLanguage: person?.language,
        firstSeen: person && iso(person.firstSeenMs),
        lastSeen: person && iso(person.lastSeenMs),
      },
      settings: { language: locale, models, ...preferences, messagesToEverybody: person?.wantsNews ?? true },
      premiumUntil: premiumUntilMs === undefined ? undefined : iso(premiumUntilMs),
      requests: (await this.#jobsOf(userId)).map(requestOf),
      history: (await this.#historyOf(userId)).map(entryOf),
      payments: paid.map(({ id, stars, atMs, state, resultsLeft, untilMs }) => ({
        number: id,
        stars,
        at: iso(atMs),
        state,
        resultsLeft,
        paidUntil: untilMs === undefined ? undefined : iso(untilMs),
      })),
      resultsLeft: await payments.resultsLeft(userId),
    };
  }

  async #historyOf(userId: number): Promise<readonly PastRequest[]> {
    const all: PastRequest[] = [];
    for (;;) {
      const last = all.at(-1)?.id;
      const place = last === undefined ? {} : { olderThan: last };
      const { entries, hasOlder } = await this.#options.pastRequests.page(userId, place, jobsAtOnce);
      all.push(...entries);
      if (!hasOlder || entries.length === 0 || all.length >= maxJobs) return all;
    }
  }

  async #jobsOf(userId: number): Promise<readonly PastJob[]> {
    const { jobs } = this.#options;
    const all: PastJob[] = [];
    for (;;) {
      const last = all.at(-1)?.job.id;
      const page = await jobs.latest({ userId, count: jobsAtOnce, ...(last === undefined ? {} : { before: last }) });
      all.push(...page);
      if (page.length < jobsAtOnce || all.length >= maxJobs) return all;
    }
  }
}

/** History outlives the requests and their files. */
function entryOf({ id, jobId, kind, prompt, options, ended, model, askedAtMs, isFavourite }: PastRequest): object {
  return {
    number: id,
    request: jobId,
    kind,
    words: prompt,
    options,
    ended,
    model,
    askedAt: iso(askedAtMs),
    isFavourite,
  };
}

function requestOf({ job, endedAtMs }: PastJob): object {
  const { id, kind, lane, locale, prompt, options, origin, acceptedAtMs, state } = job;
  const outcome = 'outcome' in state ? state.outcome : undefined;
  return {
    id,
    kind,
    lane,
    locale,
    words: prompt,
    options,
    chat: origin.chatId,
    askedAt: iso(acceptedAtMs),
    endedAt: endedAtMs === undefined ? undefined : iso(endedAtMs),
    state: state.kind,
    outcome: outcome?.kind,
    failure: outcome?.kind === 'failed' ? outcome.code : undefined,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
