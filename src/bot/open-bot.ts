import { Api, Bot } from 'grammy';
import type { BotContext, BotDeps, Speaker } from './context.ts';
import type { RetryAfterStore, StatusListStore } from '../domain/chats/chat-store.ts';
import type { Dispatcher } from 'undici';
import {
  hiddenSenders,
  identifySpeaker,
  isAdminHere,
  trackChats,
  unaskedIn,
  unaskedOf,
} from './middleware/identify.ts';
import { buttons } from './buttons.ts';
import { forgetCommand } from './commands/forget.ts';
import { GroupAdmins } from './groups/group-admins.ts';
import { groupSettings, showGroupSettings } from './groups/group-settings.ts';
import { blockCommands } from './safety/block.ts';
import { generateCommands } from './commands/submit-request.ts';
import { guideCommands } from './commands/start-help-language.ts';
import { keysCommand } from './commands/keys.ts';
import { modelsCommand } from './commands/models.ts';
import { paymentHelpCommands } from './commands/payment-help.ts';
import { premiumCommands } from './commands/premium.ts';
import { resultReplies } from './commands/result-replies.ts';
import { createSentPictures } from './commands/sent-pictures.ts';
import { historyCommands } from './personal/history.ts';
import { inlineMode } from './personal/inline.ts';
import { settingsCommand } from './personal/settings.ts';
import { statusAndCancelCommands } from './commands/status-and-cancel.ts';
import { dialogues } from './dialogue/dialogues.ts';
import { storageErrorBoundary } from './middleware/storage-error-boundary.ts';
import { floodGate } from './middleware/flood-limit.ts';
import { splitMessages, typedKeys } from './message-words.ts';
import { fallback } from './commands/fallback.ts';
import { UpdatePipeline } from './updates/update-pipeline.ts';
import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { JobDelivery, JobReader } from '../domain/job-engine.ts';
import type { Inbox } from '../domain/inbox.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { SharedStores } from '../domain/shared/shared-stores.ts';
import type { Job, OnCheckpoint } from '../domain/job.ts';
import type { ResultCopies, ResultSource, ResultStore } from '../domain/media.ts';
import type { Random } from '../kit/backoff.ts';
import type { Secret } from '../kit/secret.ts';
import type { Catalog } from '../messages/catalog.ts';
import type { OperatorLines } from '../messages/people/people-views.ts';
import { createMessageMapper } from '../messages/message-mapper.ts';
import { AdminAlerts } from './admin-alerts.ts';
import { addKeyCommand } from './admins/add-key.ts';
import { HandedKeys } from './admins/handed-keys.ts';
import { openPeopleParts } from './people/people-parts.ts';
import { accessGate } from './people/access-gate.ts';
import { ownDataCommands } from './people/own-data.ts';
import { startLinks } from './people/start-links.ts';
import { adminTools } from './admins/admin-tools.ts';
import { broadcastCommand } from './admins/broadcast-command.ts';
import { checkout } from './payments/checkout.ts';
import { paymentMessages } from './payments/payment-messages.ts';
import { StarReconciler } from './payments/star-reconciler.ts';
import { isSelling } from '../domain/payments/price-list.ts';
import { WayBack } from './outbox/undeliverable.ts';
import { Delivery } from './delivery/delivery.ts';
import { LeftToldFollower } from './delivery/left-told.ts';
import { LinkButtons } from './delivery/link-buttons.ts';
import { callTimeoutS, openOutbox } from './outbox/open-outbox.ts';
import { telegramFiles } from './outbox/telegram-files.ts';
import { telegramFetch } from './outbox/bot-api.ts';
import { OutageTeller } from './updates/outage-teller.ts';
import { Poller } from './updates/poller.ts';
import { UnkeptUpdates } from './updates/update-source.ts';
import { WebhookSource, type WebhookSourceOptions } from './updates/webhook-source.ts';
import { CommandMenu } from './commands/command-menu.ts';
import { chatOrder } from './middleware/chat-order.ts';
import { GroupNotices } from './middleware/group-notices.ts';
import { Presence } from './delivery/presence.ts';
import { StatusLists } from './delivery/status-lists.ts';
import { StatusMessages } from './delivery/status-messages.ts';

/** Registers all middleware and handlers, in the order in which an update passes them. */
export function registerHandlers(bot: Bot<BotContext>, deps: BotDeps, onAdmin: (admin: Speaker) => void): void {
  const flood = floodGate(deps);
  bot.use(checkout(deps));
  bot.use(flood.gate);
  bot.use(chatOrder());
  bot.use(storageErrorBoundary(deps));
  bot.use(trackChats(deps));
  const onSettings = (ctx: BotContext) => showGroupSettings(ctx, deps, deps.matchLocale(undefined));
  bot.use(hiddenSenders({ ...deps, onSettings }));
  bot.use(identifySpeaker(deps));
  bot.use(flood.notify);
  bot.use(paymentMessages(deps));
  if (deps.accessRules.mode !== 'open') bot.use(accessGate(deps));
  bot.filter(isAdminHere).use(async (ctx, next) => {
    onAdmin(ctx.speaker);
    await next();
  });
  bot.use(addKeyCommand(deps));
  bot.use(typedKeys(deps));
  bot.use(splitMessages(deps));
  bot.use(groupSettings(deps));
  bot.use(dialogues(deps));
  bot.use(generateCommands(deps));
  bot.use(statusAndCancelCommands(deps));
  bot.use(settingsCommand(deps), historyCommands(deps), inlineMode(deps));
  // A link behind /start stands before the greeting.
  bot.use(startLinks(deps), ownDataCommands(deps), adminTools(deps), broadcastCommand(deps));
  bot.use(guideCommands(deps));
  bot.use(modelsCommand(deps));
  bot.use(premiumCommands(deps));
  bot.use(paymentHelpCommands(deps));
  bot.use(forgetCommand(deps));
  bot.use(keysCommand(deps));
  bot.use(blockCommands(deps));
  bot.use(buttons(deps));
  bot.use(resultReplies(deps));
  bot.use(fallback(deps));
}

/** Telegram's own Bot API server. */
const telegramApiRoot = 'https://api.telegram.org';

/** The dependencies of the handlers that exist without a bot, and those of the bot itself. */
export type OpenBotOptions = Omit<
  BotDeps,
  | 'onStranger'
  | 'handedKeys'
  | 'accessNotices'
  | 'broadcaster'
  | 'exporter'
  | 'messages'
  | 'statusMessages'
  | 'groupNotices'
  | 'groupAdmins'
  | 'lists'
  | 'deliveries'
  | 'wayBack'
  | 'pictures'
  | 'matchLocale'
> & {
  readonly token: Secret;
  readonly apiRoot: string;
  /** Where Telegram sends updates; they are polled for when absent. */
  readonly webhook: WebhookSourceOptions['webhook'] | undefined;
  /** Opens the connections to Telegram. */
  readonly agent: Dispatcher;
  readonly catalog: Catalog;
  /** What the operator wants people to read. */
  readonly operator: OperatorLines;
  readonly defaultLocale: string;
  readonly jobs: JobReader;
  readonly delivery: JobDelivery;
  readonly ledger: EffectLedger;
  readonly results: ResultSource;
  readonly copies: ResultCopies | undefined;
  /** Where the pictures that people send are kept. */
  readonly inputs: ResultStore;
  readonly inbox: Inbox;
  readonly rests: RetryAfterStore;
  readonly statusLists: StatusListStore;
  readonly random: Random;
  readonly onCheckpoint?: OnCheckpoint | undefined;
  /** The app's own keys and tokens, masked in typed text. */
  readonly ownSecrets: { readonly current: readonly Secret[] };
  /** Aborts every call to Telegram and every wait for it. */
  readonly closing: AbortSignal;
  /** The processes that share the database, and what they share for Telegram; of a process that is alone, nothing. */
  readonly processes: Processes;
  readonly shared: Pick<SharedStores, 'inbox' | 'places' | 'takeLeftTold'> | undefined;
};

/** Everything that talks to Telegram; disposing ends the running sends. */
export type OpenBot = AsyncDisposable & {
  readonly updates: UpdatePipeline;
  /** Takes updates that Telegram sends; undefined where they are polled for. */
  readonly webhook: WebhookSource | undefined;
  readonly delivery: Delivery;
  readonly menu: CommandMenu;
  /** Sends alerts to the admins. */
  readonly adminAlerts: AdminAlerts;
  /** Compares the payments with Telegram's list of them. */
  readonly reconciler: StarReconciler;
  /** Goes on with messages to everybody, exports and answers that an earlier process left. */
  readonly resumePeople: (signal: AbortSignal) => Promise<void>;
};

/** Builds the bot; the first call to Telegram is `updates.identifyBot`. */
export async function openBot(options: OpenBotOptions): Promise<OpenBot> {
  const { token, catalog, defaultLocale, jobs, ledger, onCheckpoint, service, clock, emit } = options;
  const { users, chats, adminIds, perDay, prices, processes } = options;
  await using opening = new AsyncDisposableStack();
  const messages = createMessageMapper(catalog, adminIds, () => service.offered(), isSelling(prices), options);
  const client = { apiRoot: options.apiRoot, fetch: telegramFetch(options.agent) };
  const bot = new Bot<BotContext>(token.reveal(), { client: { ...client, timeoutSeconds: callTimeoutS } });
  const { api } = bot;
  const hasOthers = !processes.isAlone;
  const shared = options.shared && { ...options.shared, processes };
  const outageApi = new Api(api.token, { ...client, timeoutSeconds: callTimeoutS });
  const outbox = opening.use(await openOutbox({ ...options, shared, api, client, outageApi }));
  const unkept = new UnkeptUpdates();
  for (const one of [api, outbox.api]) one.config.use(unkept.transformer);
  const presence = opening.use(new Presence({ outbox, service, clock }));
  const leftToday = async ({ kind, lane, origin: { userId } }: Job) => {
    const limit = perDay[lane][kind];
    if (limit < 0) return undefined;
    return { limit, left: Math.max(0, limit - (await users.usedToday(userId, kind, clock.now()))) };
  };
  const statusMessages = opening.use(
    new StatusMessages({ ...options, api, outbox, messages, presence, leftToday, hasOthers }),
  );
  const lists = opening.use(new StatusLists({ ...options, outbox, store: options.statusLists, messages }));
  const wayBack = new WayBack({ chats, clock });
  opening.use(service.checkBeforeStart(async (job) => ((await wayBack.isOpen(job)) ? undefined : 'chat-closed')));
  const { copies } = options;
  const links = copies && opening.use(new LinkButtons({ copies, outbox, jobs, service, messages, clock, emit }));
  const delivery = new Delivery({
    outbox,
    service,
    jobs,
    delivery: options.delivery,
    ledger,
    results: options.results,
    statusMessages,
    lists,
    messages,
    chats,
    links,
    wayBack,
    presence,
    clock,
    emit,
    onCheckpoint,
    hasOthers,
  });
  const told = { outbox, service, messages, clock, emit, jobs, processes };
  if (options.shared !== undefined) opening.use(new LeftToldFollower({ ...told, shared: options.shared }));
  const menu = opening.use(new CommandMenu({ ...options, api, messages, locales: catalog.locales }));
  const matchLocale = (languageCode: string | undefined) => catalog.match(languageCode, defaultLocale);
  const groupNotices = opening.use(new GroupNotices({ outbox, messages, matchLocale, clock, emit }));
  const handedKeys = new HandedKeys();
  const peopleParts = opening.use(
    openPeopleParts({
      ...options,
      mayTell: () => processes.termOf('telegram') !== undefined,
      outbox,
      messages,
      matchLocale,
    }),
  );
  const deps: BotDeps = {
    ...options,
    ...peopleParts,
    handedKeys,
    messages,
    statusMessages,
    groupNotices,
    groupAdmins: new GroupAdmins(clock),
    lists,
    deliveries: delivery,
    wayBack,
    pictures: createSentPictures(options.inputs, options.results, telegramFiles({ ...options, api }), options.closing),
    results: options.results,
    forgetJob: options.forgetJob,
    onStranger: (userId) => void menu.removeFor(userId),
    matchLocale,
  };
  const reconciler = opening.use(new StarReconciler({ ...deps, api }));
  const adminAlerts = opening.use(new AdminAlerts({ ...deps, outbox }));
  const outageTeller = opening.use(
    new OutageTeller({ ...options, api: outageApi, messages, matchLocale, reasonUnasked: unaskedOf(bot, deps) }),
  );
  registerHandlers(bot, deps, ({ userId, locale }) => {
    outageTeller.heard(userId, locale);
    void adminAlerts.rememberLocale(userId, locale);
    void menu.publishFor(userId);
  });
  const onNotStored = outageTeller.notStored;
  const webhook = options.webhook && new WebhookSource({ ...options, webhook: options.webhook, bot, onNotStored });
  const updates = new UpdatePipeline({
    ...options,
    shared,
    apiRoot: options.apiRoot === telegramApiRoot ? undefined : options.apiRoot,
    bot,
    unkept,
    health: outbox.health,
    onHandedKey: (updateId, handed) => handedKeys.keep(updateId, handed),
    reasonUnasked: unaskedIn(bot, deps),
    source: webhook ?? new Poller({ ...options, bot }),
  });
  const opened = opening.move();
  return {
    updates,
    webhook,
    delivery,
    menu,
    adminAlerts,
    reconciler,
    resumePeople: (signal) => peopleParts.resume(signal),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
