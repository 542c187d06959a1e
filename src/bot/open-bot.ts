import { Bot } from 'grammy';
import type { EffectLedger, JobDelivery, JobReader } from '../domain/job-engine.ts';
import type { Inbox } from '../domain/inbox.ts';
import type { OnCheckpoint } from '../domain/events.ts';
import type { RetryAfterStore } from '../domain/chat-store.ts';
import type { ResultSource } from '../domain/result-store.ts';
import type { Random } from '../kit/backoff.ts';
import type { Secret } from '../kit/secret.ts';
import type { Catalog } from '../messages/catalog.ts';
import { createMessageMapper } from '../messages/message-mapper.ts';
import { AdminAlerts } from './admin-alerts.ts';
import { registerHandlers } from './bot.ts';
import type { BotContext, BotDeps } from './context.ts';
import { Delivery } from './delivery/delivery.ts';
import { openOutbox } from './outbox/outbox.ts';
import { Poller } from './updates/poller.ts';
import { CommandMenu } from './commands/command-menu.ts';
import { StatusMessages } from './delivery/status-messages.ts';
import { UpdatePipeline } from './updates/update-pipeline.ts';

/** Longer than a poll, so that a dead connection is noticed. */
const callTimeoutS = 40;

/** The dependencies of the handlers that exist without a bot, and those of the bot itself. */
export type OpenBotOptions = Omit<BotDeps, 'messages' | 'statusMessages' | 'matchLocale'> & {
  readonly token: Secret;
  readonly apiRoot: string;
  readonly catalog: Catalog;
  readonly defaultLocale: string;
  readonly jobs: JobReader;
  readonly delivery: JobDelivery;
  readonly ledger: EffectLedger;
  readonly results: ResultSource;
  readonly inbox: Inbox;
  readonly rests: RetryAfterStore;
  readonly random: Random;
  readonly onCheckpoint: OnCheckpoint;
  /** The app's own keys and tokens, masked in typed text. */
  readonly ownSecrets: () => readonly Secret[];
  /** Aborts every call to Telegram and every wait for it. */
  readonly closing: AbortSignal;
};

/** Everything that talks to Telegram; disposing ends the running sends. */
export type OpenBot = AsyncDisposable & {
  readonly updates: UpdatePipeline;
  readonly delivery: Delivery;
  readonly menu: CommandMenu;
  /** Sends alerts to the admins. */
  readonly adminAlerts: AdminAlerts;
};

/** Builds the bot; the first call to Telegram is `updates.identifyBot`. */
export async function openBot(options: OpenBotOptions): Promise<OpenBot> {
  const { token, catalog, defaultLocale, jobs, ledger, onCheckpoint, service, clock, emit } = options;
  const { users, dialogues, chats, admin, forget, adminIds, premiumIds, perDay, running, waiting } = options;
  await using opening = new AsyncDisposableStack();
  const messages = createMessageMapper(catalog);
  const client = { apiRoot: options.apiRoot };
  const bot = new Bot<BotContext>(token.reveal(), { client: { ...client, timeoutSeconds: callTimeoutS } });
  const { api } = bot;
  const outbox = opening.use(await openOutbox({ ...options, api, client }));
  const statusMessages = opening.use(
    new StatusMessages({ api, outbox, service, delivery: options.delivery, ledger, messages, clock, emit }),
  );
  const delivery = new Delivery({
    outbox,
    service,
    jobs,
    delivery: options.delivery,
    ledger,
    results: options.results,
    statusMessages,
    messages,
    clock,
    emit,
    onCheckpoint,
  });
  const matchLocale = (languageCode: string | undefined) => catalog.match(languageCode, defaultLocale);
  const deps: BotDeps = {
    service,
    users,
    dialogues,
    chats,
    admin,
    messages,
    statusMessages,
    forget,
    clock,
    emit,
    adminIds,
    premiumIds,
    perDay,
    running,
    waiting,
    matchLocale,
  };
  const adminAlerts = opening.use(new AdminAlerts({ ...deps, outbox }));
  const menu = new CommandMenu({ api, messages, locales: catalog.locales, defaultLocale, adminIds, emit });
  registerHandlers(bot, deps, ({ userId, locale }) => {
    void adminAlerts.rememberLocale(userId, locale);
    void menu.publishFor(userId);
  });
  const updates = new UpdatePipeline({ ...options, bot, source: new Poller({ ...options, bot }) });
  const opened = opening.move();
  return { updates, delivery, menu, adminAlerts, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
