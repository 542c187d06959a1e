import type { Config } from '../../config/config.ts';
import { type PostWebhook, WebhookSender, webhookPatienceMs } from '../../http/webhooks/webhook-sender.ts';
import { WebhookEvents, webhookEvents } from '../../http/webhooks/webhook-events.ts';
import { webhookFormat, type WebhookTarget } from '../../http/webhooks/webhook-format.ts';
import type { StoredWebhook, WebhookOutbox, WebhookState } from '../../domain/gateway/webhook-outbox.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { type ConnectorOptions, createConnector } from '../../media/connector.ts';
import { alertAdvice, alertFactWords } from '../../observability/operator-words.ts';
import { createHttpClient, type HttpClient } from '../../providers/http/http-exchange.ts';
import { createWebhookOutbox } from '../../storage/stores/webhook-outbox.ts';
import { neverRanWords } from '../processes/kept-where.ts';
import { openDatabaseBeside } from '../processes/open-beside.ts';
import type { Core } from '../core.ts';
import { StartError } from '../start-error.ts';

/** A receiver that says more than this says nothing of use. */
const answerLimitBytes = 64 * 1_024;

export type OpenWebhooksOptions = {
  readonly config: Pick<Config, 'webhooks' | 'proxies'>;
  readonly core: Pick<Core, 'events' | 'storage' | 'processes' | 'clock' | 'gateway'>;
  readonly random: Random;
  readonly network?: Pick<ConnectorOptions, 'resolve' | 'dial'> | undefined;
};

/** Tells other programs of alerts and of jobs that end, as far as the settings name any. */
export function openWebhooks({ config, core, random, network }: OpenWebhooksOptions): AsyncDisposable {
  const { events, storage, processes, clock, gateway } = core;
  const { alerts, jobs, signingKey } = config.webhooks;
  const targetOf = (target: string): WebhookTarget | undefined => {
    const ofClient = gateway?.webhookOf(target.replace(/^client:/, ''));
    const client = ofClient === undefined ? undefined : new Secret(ofClient);
    const address = target === 'alerts' ? alerts : target === 'jobs' ? jobs : client;
    return address && { address, format: webhookFormat(address.reveal()).format };
  };
  const { emit } = events;
  const unsigned = [alerts, jobs].some((one) => one !== undefined && webhookFormat(one.reveal()).format === 'standard');
  if (unsigned && signingKey === undefined) {
    const text =
      'webhooks are sent without a signature; set WEBHOOK_SIGNING_KEY, so that their receivers can tell them from others';
    emit({ event: 'config.warning', text });
  }
  const http = createHttpClient({ connector: createConnector({ ...network, proxies: config.proxies }) });
  const sender = new WebhookSender({
    outbox: storage.webhooks,
    targetOf,
    signingKey,
    post: postBy(http),
    mayTell: () => processes.termOf('housekeeping') !== undefined,
    clock,
    random,
    emit,
  });
  const heard = new WebhookEvents({
    reader: storage.engine.reader,
    alertWords: ({ facts }) => ({ what: alertFactWords(facts), advice: alertAdvice(facts) }),
    isTold: (target) => targetOf(target) !== undefined,
    send: (message) => sender.send(message),
    now: () => clock.now(),
  });
  events.on(webhookEvents, (event) => heard.hear(event));
  return {
    [Symbol.asyncDispose]: async () => {
      await heard.idle();
      await sender[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

/** Posts and reads the status; a redirect is no success, and nothing of the address is in an answer. */
function postBy(http: HttpClient): PostWebhook {
  return async ({ url, headers, body }, signal) => {
    try {
      const reply = await http.call({ method: 'POST', url, headers, body, signal, bodyLimitBytes: answerLimitBytes });
      if (reply.kind === 'too-large') return { kind: 'unanswered', why: 'the answer is too long' };
      if (reply.kind !== 'answer')
        return { kind: 'unanswered', why: 'detail' in reply ? reply.detail : 'no answer in time' };
      const seconds = Number(reply.headers['retry-after']);
      return {
        kind: 'answered',
        status: reply.status,
        ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 3_600) * 1_000 } : {}),
      };
    } catch {
      return { kind: 'unanswered', why: 'the app stopped' };
    }
  };
}

/** The outbox beside a running or stopped bot; the bot tells what is to be told again within a second. */
export type WebhookAdmin = Disposable & {
  list(filter: { readonly count: number; readonly state?: WebhookState }): Promise<readonly StoredWebhook[]>;
  replay(ids: readonly string[] | 'failed'): Promise<number>;
};

/** Opens the outbox in the database; throws a StartError where the bot has never run. */
export async function openWebhookAdmin(config: Config, clock: Pick<Clock, 'now'>): Promise<WebhookAdmin> {
  using opening = new DisposableStack();
  const { database } = opening.use(await openDatabaseBeside(config, { writable: true }));
  if (database === undefined) throw new StartError(`Cannot read what was told: ${neverRanWords(config)}`);
  const outbox: WebhookOutbox = createWebhookOutbox(database);
  const opened = opening.move();
  return {
    list: (filter) => outbox.list(filter),
    replay: (ids) => outbox.replay(ids, clock.now(), clock.now() + webhookPatienceMs),
    [Symbol.dispose]: () => opened.dispose(),
  };
}
