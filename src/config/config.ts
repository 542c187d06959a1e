import { ConfigError } from './config-error.ts';
import type { Chains } from '../domain/job.ts';
import { type JobKind, type Lane, kindTraits, perKind } from '../domain/kinds.ts';
import type { CalendarDay } from '../kit/clock.ts';
import type { BudgetLimits } from '../domain/costs.ts';
import type { AccessRules } from '../domain/people/access.ts';
import type { PriceList } from '../domain/payments/price-list.ts';
import { isLoopback } from '../kit/loopback.ts';
import type { ProxySettings } from '../kit/network/proxy-settings.ts';
import type { Secret } from '../kit/secret.ts';
import { unquoted } from '../kit/unquoted.ts';
import type { ProviderDefinition } from '../providers/provider-definition.ts';
import { definitionsFor } from '../providers/registry.ts';
import { type BucketConfig, bucketMistakes, bucketOf } from './bucket-settings.ts';
import { type ProvidersConfig, readProviders } from './provider-settings.ts';
import { type ModerationConfig, moderationMistakes, moderationOf } from './moderation-settings.ts';
import { type TracingConfig, tracingOf } from './tracing-settings.ts';
import { vaultOf, type VaultSettings } from './vault-settings.ts';
import {
  type bareWords,
  environmentVariables,
  type logLevels,
  readVariables,
  type rotationStrategies,
  type Settings,
} from './schema.ts';

export type RotationStrategy = (typeof rotationStrategies)[number];
export type LogLevel = (typeof logLevels)[number];

/** Everything that the environment decides, parsed once. */
export type Config = {
  readonly telegram: {
    readonly token: Secret | undefined;
    /** Without a slash at its end. */
    readonly apiRoot: string;
    /** Where Telegram sends updates, the path of it, and the secret by which they are known; undefined polls for them. */
    readonly webhook: { readonly url: string; readonly path: string; readonly secret: Secret } | undefined;
  };
  readonly adminIds: ReadonlySet<number>;
  readonly premiumIds: ReadonlySet<number>;
  /** Whether members of Telegram Premium are premium here. */
  readonly telegramPremiumIsPremium: boolean;
  /** What is sold for Telegram Stars. */
  readonly prices: PriceList;
  /** The operator's own terms; undefined shows those of the bot. */
  readonly termsUrl: string | undefined;
  readonly accessRules: AccessRules;
  /** What people read of the operator: how to reach them, and the page of their rules. */
  readonly operator: { readonly contact: string | undefined; readonly rulesUrl: string | undefined };
  /** Results for those who bring a new person; 0 is none. */
  readonly referralResults: number;
  readonly providers: ProvidersConfig;
  /** The providers of this version and those of EXTRA_PROVIDERS. */
  readonly definitions: readonly ProviderDefinition[];
  readonly rotation: RotationStrategy;
  readonly keysTestOnStart: boolean;
  /** How often cooling and idle keys are probed; 0 is never. */
  readonly healthCheckIntervalMs: number;
  readonly retry: {
    readonly maxAttempts: number;
    readonly delayMs: number;
    /** What follows a refusal of a request's content. */
    readonly onRefusal: 'end' | 'next';
  };
  /** The operator's models table and failure rules. */
  readonly modelsFile: string | undefined;
  readonly failureRulesFile: string | undefined;
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly maxWaitMs: number;
  readonly drainMs: number;
  readonly chains: Chains;
  /** `host:port`, in lower case. */
  readonly mediaAllowPrivateHosts: readonly string[];
  /** For every connection that goes out. */
  readonly proxies: ProxySettings;
  readonly dataDir: string;
  /** The PostgreSQL database that processes share; undefined keeps a database file in the data folder. */
  readonly databaseUrl: Secret | undefined;
  /** To which results are copied; undefined keeps them in the data folder alone. */
  readonly bucket: BucketConfig | undefined;
  readonly http: {
    readonly host: string;
    /** 0 asks the system for a free one. */
    readonly port: number;
    readonly adminToken: Secret | undefined;
  };
  /** Who is told of alerts and of jobs that end. */
  readonly webhooks: {
    readonly alerts: Secret | undefined;
    readonly jobs: Secret | undefined;
    readonly signingKey: Secret | undefined;
  };
  /** The programs that may ask, and how long their calls wait for a key. */
  readonly gateway: {
    readonly clientsFile: string | undefined;
    readonly url: string | undefined;
    readonly maxWaitMs: number;
  };
  /** Where keys live besides environment and files. */
  readonly keysElsewhere: {
    readonly command: string | undefined;
    readonly everyMs: number;
    readonly vault: VaultSettings | undefined;
  };
  /** Where spans go; undefined where nobody is told. */
  readonly tracing: TracingConfig | undefined;
  /** Encrypts keys that are added while the bot runs. */
  readonly masterKey: Secret | undefined;
  readonly moderation: ModerationConfig;
  /** Requests and their results are deleted this long after delivery. */
  readonly retentionMs: number;
  /** Requests leave their person's history this long after they were made. */
  readonly historyMs: number;
  /** The days in which requests of a person are counted. */
  readonly quotaDay: CalendarDay;
  /** Requests a person may make in one day; -1 is without limit. */
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly budgets: BudgetLimits;
  /** How money is named; nothing is converted. */
  readonly budgetCurrency: string;
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** Whether a chat model says short prompts more fully. */
  readonly enhancePrompts: boolean;
  /** What words without a command become in private. */
  readonly bareWords: (typeof bareWords)[number];
  readonly logLevel: LogLevel;
  readonly defaultLocale: string;
};

/** The environment as a value; throws a ConfigError that lists every mistake. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const definitions = definitionsFor(env);
  const read = readVariables(definitions, withProxyNames(env));
  const { providers, mistakes } = readProviders(env);
  const all = [
    ...(read.ok ? [] : read.mistakes),
    ...mistakes,
    ...adminTokenMistakes(env),
    ...webhookMistakes(env),
    ...bucketMistakes(env),
    ...moderationMistakes(env),
  ];
  if (!read.ok || all.length > 0) throw new ConfigError(all);
  return toConfig(read.value, providers, definitions);
}

/** Other programs read these names in small letters first, and so does the bot. */
function withProxyNames(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];
  const small = names.flatMap((name) => {
    const value = env[name.toLowerCase()] ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  const all = { ...env, ...Object.fromEntries(small) };
  // Machines often name an ALL_PROXY of a kind that nothing needs beside the other two.
  const isNeeded = (all['HTTPS_PROXY'] ?? '') === '' || (all['HTTP_PROXY'] ?? '') === '';
  return isNeeded ? all : { ...all, ALL_PROXY: undefined };
}

const shortestPublicToken = 32;

/** A port that the network reaches can be tried with tokens, so the token has to be long. */
function adminTokenMistakes(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const host = unquoted(env['HTTP_HOST'] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (host === '' || isLoopback(host)) return [];
  if (unquoted(env['ADMIN_TOKEN'] ?? '').length >= shortestPublicToken) return [];
  return [
    `ADMIN_TOKEN must have at least ${shortestPublicToken} characters, because HTTP_HOST is not a loopback address; set a longer one, or remove HTTP_HOST`,
  ];
}

export type AdminTokenReading =
  | { readonly ok: true; readonly token: Secret }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** The admin's token alone, for reading it again while the bot runs. */
export function parseAdminToken(env: Readonly<Record<string, string | undefined>>): AdminTokenReading {
  const read = environmentVariables.ADMIN_TOKEN(env['ADMIN_TOKEN']);
  const mistakes = [
    ...(read.ok ? [] : read.mistakes.map((mistake) => `ADMIN_TOKEN ${mistake}`)),
    ...adminTokenMistakes(env),
  ];
  if (!read.ok || mistakes.length > 0) return { ok: false, mistakes };
  return read.value === undefined
    ? { ok: false, mistakes: ['ADMIN_TOKEN is missing'] }
    : { ok: true, token: read.value };
}

/** Without a secret everybody could send updates. */
function webhookMistakes(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const isSet = (name: string) => unquoted(env[name] ?? '') !== '';
  if (!isSet('WEBHOOK_URL') || isSet('WEBHOOK_SECRET')) return [];
  return [
    'WEBHOOK_SECRET must be set with WEBHOOK_URL: a word that only Telegram and the bot know, as from: openssl rand -hex 32',
  ];
}

/** An address without a path of its own gets one. */
function webhookOf(url: string | undefined, secret: Secret | undefined): Config['telegram']['webhook'] {
  if (url === undefined || secret === undefined) return undefined;
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/telegram/webhook';
  return { url: address.href, path: address.pathname, secret };
}

function toConfig(env: Settings, providers: ProvidersConfig, definitions: Config['definitions']): Config {
  return {
    telegram: {
      token: env.TELEGRAM_BOT_TOKEN,
      apiRoot: env.TELEGRAM_API_ROOT,
      webhook: webhookOf(env.WEBHOOK_URL, env.WEBHOOK_SECRET),
    },
    adminIds: new Set(env.ADMIN_IDS),
    premiumIds: new Set(env.PREMIUM_IDS),
    telegramPremiumIsPremium: env.TELEGRAM_PREMIUM_IS_PREMIUM,
    prices: { packs: env.STARS_PACKS, subscription: env.STARS_SUBSCRIPTION },
    termsUrl: env.TERMS_URL,
    accessRules: { mode: env.ACCESS, ids: new Set(env.ACCESS_IDS) },
    operator: { contact: env.CONTACT, rulesUrl: env.RULES_URL },
    referralResults: env.REFERRAL_RESULTS,
    providers,
    definitions,
    rotation: env.ROTATION_STRATEGY,
    keysTestOnStart: env.KEYS_TEST_ON_START,
    healthCheckIntervalMs: env.HEALTH_CHECK_INTERVAL_S,
    retry: { maxAttempts: env.MAX_ATTEMPTS, delayMs: env.RETRY_DELAY_S, onRefusal: env.CHAIN_ON_REFUSAL },
    modelsFile: env.MODELS_FILE,
    failureRulesFile: env.FAILURE_RULES_FILE,
    timeoutMs: perKind((kind) => env[kindTraits[kind].timeout.variable]),
    deadlineMs: perKind((kind) => env[kindTraits[kind].deadline.variable]),
    maxWaitMs: env.MAX_WAIT_S,
    drainMs: env.DRAIN_S,
    chains: perKind((kind) => env[kindTraits[kind].chainVariable]),
    mediaAllowPrivateHosts: env.MEDIA_ALLOW_PRIVATE_HOSTS,
    proxies: {
      https: env.HTTPS_PROXY ?? env.ALL_PROXY ?? env.HTTP_PROXY,
      http: env.HTTP_PROXY ?? env.ALL_PROXY,
      except: env.NO_PROXY,
    },
    dataDir: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL,
    bucket: bucketOf(env),
    http: { host: env.HTTP_HOST, port: env.HTTP_PORT, adminToken: env.ADMIN_TOKEN },
    webhooks: { alerts: env.ALERT_WEBHOOK_URL, jobs: env.JOB_WEBHOOK_URL, signingKey: env.WEBHOOK_SIGNING_KEY },
    gateway: { clientsFile: env.API_CLIENTS_FILE, url: env.GATEWAY_URL, maxWaitMs: env.GATEWAY_WAIT_S },
    keysElsewhere: { command: env.KEYS_COMMAND, everyMs: env.KEYS_COMMAND_EVERY_S, vault: vaultOf(env) },
    tracing: tracingOf(env),
    masterKey: env.MASTER_KEY,
    moderation: moderationOf(env),
    retentionMs: env.RETENTION_DAYS * 86_400_000,
    historyMs: env.HISTORY_DAYS * 86_400_000,
    perDay: {
      premium: perKind((kind) => env[`PREMIUM_${kindTraits[kind].quota.noun}_PER_DAY`]),
      free: perKind((kind) => env[`FREE_${kindTraits[kind].quota.noun}_PER_DAY`]),
    },
    quotaDay: env.QUOTA_TIMEZONE,
    budgetCurrency: env.BUDGET_CURRENCY,
    budgets: {
      total: env.BUDGET_PER_DAY,
      perPerson: env.BUDGET_PER_PERSON_PER_DAY,
      ofProvider: Object.fromEntries(Object.entries(providers).map(([name, { budgetPerDay }]) => [name, budgetPerDay])),
    },
    running: { premium: env.PREMIUM_RUNNING, free: env.FREE_RUNNING },
    waiting: { premium: env.PREMIUM_WAITING, free: env.FREE_WAITING },
    enhancePrompts: env.ENHANCE_PROMPTS,
    bareWords: env.BARE_WORDS,
    logLevel: env.LOG_LEVEL,
    defaultLocale: env.DEFAULT_LOCALE,
  };
}
