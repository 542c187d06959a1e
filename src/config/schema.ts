import { jobKinds, type JobKind, kindTraits } from '../domain/kinds.ts';
import { accessModes } from '../domain/people/access.ts';
import { parseExceptions, parseProxy, type Proxy, type ProxyException } from '../kit/network/proxy-settings.ts';
import { type CalendarDay, calendarDay, utcDay } from '../kit/clock.ts';
import { Secret } from '../kit/secret.ts';
import type { ProviderDefinition } from '../providers/provider-definition.ts';
import { extraProviders, providerDefinitions } from '../providers/registry.ts';
import {
  accessKeyId,
  bucketName,
  bucketRegion,
  objectPrefix,
  secretAccessKey,
  secretFromFile,
} from './bucket-settings.ts';
import { webhookAddress } from './clients-file.ts';
import { perSecretFile } from './secret-files.ts';
import { otlpHeaders } from './tracing-settings.ts';
import { builtInChains, chain } from './provider-settings.ts';
import {
  bad,
  baseUrl,
  dollars,
  good,
  hostAndPort,
  listOf,
  oneOf,
  onOff,
  packs,
  type Parsed,
  type Parser,
  seconds,
  userId,
  userOrGroupId,
  type Variable,
  variable,
  webPage,
  wholeNumber,
} from './parsers.ts';

export const rotationStrategies = ['health-based', 'round-robin', 'least-used', 'weighted', 'primary-first'] as const;
/** What becomes of words without a command: a question with buttons, or a picture at once. */
export const bareWords = ['ask', 'image'] as const;
/** What is checked before a provider is asked. */
export const moderationModes = ['off', 'words', 'openai'] as const;
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** A token is never guessed at. */
const asWritten = (text: string) => text;

function fits(pattern: RegExp, fix: string): Parser<string> {
  return (text) => (pattern.test(text) ? good(text) : bad(fix));
}

function secret(pattern: RegExp, fix: string): Parser<Secret> {
  return (text) => (pattern.test(text) ? good(new Secret(text)) : bad(fix));
}

const filePath = fits(/^(?!\s)[^\0]{1,4096}(?<!\s)$/, 'must be the path of a file');
const secretFile: Parser<Secret> = (text) => {
  const path = filePath(text);
  return path.ok ? secretFromFile(path.value) : path;
};
const timeZone: Parser<CalendarDay> = (text) => {
  const day = calendarDay(text);
  return day === undefined ? bad('must be a time zone of the IANA list, for example Europe/Madrid') : good(day);
};
const databaseUrl: Parser<Secret> = (text) =>
  URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol)
    ? good(new Secret(text))
    : bad(
        'must be the address of a PostgreSQL database, for example postgres://user:password@db.example.com:5432/darkroom',
      );
const vaultSecret = secret(
  /^[\x21-\x7e]{1,2048}$/,
  'must be what Vault gives: letters, digits and signs without a space',
);
const day = 86_400;
const attempt = (example: number) => seconds({ zero: false, most: day, example });
const longWait = (example: number) => seconds({ zero: false, most: 30 * day, example });
const perDay = (example: number) => wholeNumber(-1, 1_000_000, example);
const token = secret(
  /^[0-9]{6,12}:[A-Za-z0-9_-]{30,}$/,
  'must be the token that @BotFather gives: digits, a colon and at least 30 letters, with no space or quotation mark',
);
const httpHost: Parser<string> = (text) => {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  return /^[A-Za-z0-9._:-]{1,253}$/.test(host)
    ? good(host)
    : bad('must be a host name or address, for example 127.0.0.1');
};

const takenPaths: ReadonlySet<string> = new Set(['api', 'v1', 'healthz', 'readyz', 'metrics', 'openapi.json']);

/** A path that nothing else is served at, spelt as the gate lets it through. */
function isOwnPath(path: string): boolean {
  const [, ...steps] = path.split('/');
  const [first = ''] = steps;
  return (
    path === '/' || (!takenPaths.has(first) && steps.every((step) => /^[A-Za-z0-9_-][A-Za-z0-9._~-]*$/.test(step)))
  );
}

/** Telegram takes https; a Bot API server of one's own also takes http on this machine. */
const telegramWebhook: Parser<string> = (text) =>
  webhookAddress.safeParse(text).success && isOwnPath(new URL(text).pathname) && !/[?#]/.test(text)
    ? good(text)
    : bad(
        'must be an https address at which Telegram reaches this bot, with a path of its own, for example https://bot.example.com/telegram/updates',
      );

const webhookUrl: Parser<Secret> = (text) => {
  const url = text.trim().replace(/^(?:slack|discord|ntfy)\+/, '');
  return webhookAddress.safeParse(url).success
    ? good(new Secret(text.trim()))
    : bad(
        'must be an https address, or an http one of this machine; slack+, discord+ or ntfy+ before it names a format',
      );
};

const ownAddress: Parser<Secret> = (text) =>
  webhookAddress.safeParse(text.trim()).success
    ? good(new Secret(text.trim()))
    : bad('must be an https address, or an http one of this machine');

const proxy: Parser<Proxy> = (text) => {
  const found = parseProxy(text);
  return found === undefined
    ? bad('must be the address of an HTTP or SOCKS5 proxy, for example http://user:password@proxy.example.com:3128')
    : good(found);
};
const exceptions: Parser<readonly ProxyException[]> = (text) => good(parseExceptions(text));

type OwnTraits = (typeof kindTraits)[JobKind];

/** One variable for each kind, named by its traits. */
function forKinds<const Name extends string, Schema>(
  entryOf: (traits: OwnTraits, kind: JobKind) => readonly [Name, Schema],
): Readonly<Record<Name, Schema>> {
  return Object.fromEntries(jobKinds.map((kind) => entryOf(kindTraits[kind], kind))) as Record<Name, Schema>;
}

const extraNames: Parser<readonly string[]> = (text) => {
  const { names, mistakes } = extraProviders(text);
  return mistakes.length > 0 ? bad(...mistakes) : good(names);
};

/**
 * Every variable with one name, where these are the providers; their own variables are read by `readProviders` and
 * `readKeys`.
 */
export function variablesFor(definitions: readonly ProviderDefinition[]) {
  return {
    TELEGRAM_BOT_TOKEN: variable(undefined, token, asWritten),
    WEBHOOK_URL: variable(undefined, telegramWebhook),
    WEBHOOK_SECRET: variable(
      undefined,
      secret(/^[A-Za-z0-9_-]{16,256}$/, 'must be 16 to 256 letters, digits, underscores and hyphens'),
    ),
    TELEGRAM_API_ROOT: variable('https://api.telegram.org', baseUrl('https://api.telegram.org')),
    ADMIN_IDS: variable([], listOf(userId)),
    PREMIUM_IDS: variable([], listOf(userId)),
    TELEGRAM_PREMIUM_IS_PREMIUM: variable(false, onOff),
    STARS_PACKS: variable([], packs),
    STARS_SUBSCRIPTION: variable(undefined, wholeNumber(1, 10_000, 250)),
    TERMS_URL: variable(undefined, webPage),
    ACCESS: variable('open', oneOf(accessModes)),
    ACCESS_IDS: variable([], listOf(userOrGroupId)),
    CONTACT: variable(undefined, fits(/^[^\p{Cc}]{1,200}$/u, 'must be one line of at most 200 characters')),
    RULES_URL: variable(undefined, webPage),
    REFERRAL_RESULTS: variable(0, wholeNumber(0, 1_000, 5)),
    ROTATION_STRATEGY: variable('health-based', oneOf(rotationStrategies)),
    MAX_ATTEMPTS: variable(3, wholeNumber(1, 20, 3)),
    RETRY_DELAY_S: variable(2000, seconds({ zero: true, most: 3600, example: 2 })),
    ...forKinds(({ timeout: { variable: name, defaultMs } }) => [name, variable(defaultMs, attempt(defaultMs / 1000))]),
    ...forKinds(({ deadline: { variable: name, defaultMs } }) => [
      name,
      variable(defaultMs, longWait(defaultMs / 1000)),
    ]),
    MAX_WAIT_S: variable(3_600_000, longWait(3600)),
    DRAIN_S: variable(8000, seconds({ zero: true, most: 3600, example: 8 })),
    KEYS_TEST_ON_START: variable(true, onOff),
    HEALTH_CHECK_INTERVAL_S: variable(300_000, seconds({ zero: true, most: day, example: 300 })),
    MODELS_FILE: variable(undefined, filePath),
    FAILURE_RULES_FILE: variable(undefined, filePath),
    CHAIN_ON_REFUSAL: variable('end', oneOf(['end', 'next'])),
    HORDE_ANONYMOUS: variable(true, onOff),
    ...forKinds(({ chainVariable }, kind) => [chainVariable, variable(builtInChains[kind], chain(definitions))]),
    EXTRA_PROVIDERS: variable([], extraNames),
    MEDIA_ALLOW_PRIVATE_HOSTS: variable([], listOf(hostAndPort)),
    HTTPS_PROXY: variable(undefined, proxy),
    HTTP_PROXY: variable(undefined, proxy),
    ALL_PROXY: variable(undefined, proxy),
    NO_PROXY: variable([], exceptions),
    DATA_DIR: variable(
      './data',
      fits(/^(?!\s)[^\0]{1,4096}(?<!\s)$/, 'must be the path of a folder, for example ./data'),
    ),
    DATABASE_URL: variable(undefined, databaseUrl),
    S3_ENDPOINT: variable(undefined, baseUrl('https://minio.example.com:9000')),
    S3_BUCKET: variable(undefined, bucketName),
    S3_REGION: variable(undefined, bucketRegion),
    S3_ACCESS_KEY_ID: variable(undefined, accessKeyId),
    S3_SECRET_ACCESS_KEY: variable(undefined, secretAccessKey),
    S3_SECRET_ACCESS_KEY_FILE: variable(undefined, secretFile),
    S3_PUBLIC_URL: variable(undefined, baseUrl('https://cdn.example.com')),
    S3_PREFIX: variable('', objectPrefix),
    HTTP_HOST: variable('127.0.0.1', httpHost),
    HTTP_PORT: variable(3002, wholeNumber(0, 65_535, 3002)),
    MASTER_KEY: variable(
      undefined,
      secret(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 letters, digits and signs without a space'),
      asWritten,
    ),
    KEYS_COMMAND: variable(undefined, fits(/^[^\0]{1,4000}$/s, 'must be a command for a shell')),
    KEYS_COMMAND_EVERY_S: variable(300_000, seconds({ zero: true, most: day, example: 300 })),
    VAULT_ADDR: variable(undefined, baseUrl('https://vault.example.com:8200')),
    VAULT_PATH: variable(
      undefined,
      fits(/^[^/\s]+(?:\/[^/\s]+)+$/, 'must be a mount and a path, for example secret/darkroom'),
    ),
    VAULT_TOKEN: variable(undefined, vaultSecret),
    VAULT_ROLE_ID: variable(undefined, vaultSecret),
    VAULT_SECRET_ID: variable(undefined, vaultSecret),
    VAULT_NAMESPACE: variable(undefined, fits(/^[\x21-\x7e]{1,200}$/, 'must be a namespace of Vault')),
    ...perSecretFile(() => variable(undefined, filePath)),
    ADMIN_TOKEN: variable(
      undefined,
      secret(/^[\x21-\x7e]{1,512}$/, 'must be 1 to 512 letters, digits and signs without a space'),
    ),
    ALERT_WEBHOOK_URL: variable(undefined, webhookUrl, asWritten),
    JOB_WEBHOOK_URL: variable(undefined, webhookUrl, asWritten),
    WEBHOOK_SIGNING_KEY: variable(
      undefined,
      secret(
        /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
        'must be whsec_ and at least 24 random bytes in base64, as from: echo "whsec_$(openssl rand -base64 32)"',
      ),
    ),
    API_CLIENTS_FILE: variable(undefined, filePath),
    OTEL_EXPORTER_OTLP_ENDPOINT: variable(undefined, baseUrl('http://127.0.0.1:4318')),
    OTEL_EXPORTER_OTLP_HEADERS: variable(undefined, otlpHeaders, asWritten),
    OTEL_SERVICE_NAME: variable('darkroom', fits(/^[\x21-\x7e]{1,100}$/, 'must be a name without spaces')),
    GATEWAY_URL: variable(undefined, baseUrl('https://darkroom.example.com')),
    GATEWAY_WAIT_S: variable(30_000, seconds({ zero: true, most: 3600, example: 30 })),
    MODERATION: variable('off', oneOf(moderationModes)),
    MODERATION_WORDS_FILE: variable(undefined, filePath),
    MODERATION_URL: variable(undefined, ownAddress, asWritten),
    MODERATION_WHEN_DOWN: variable('allow', oneOf(['allow', 'refuse'])),
    STRIKES: variable(5, wholeNumber(0, 1000, 5)),
    STRIKE_WINDOW_S: variable(3_600_000, longWait(3600)),
    STRIKE_REST_S: variable(3_600_000, longWait(3600)),
    RETENTION_DAYS: variable(30, wholeNumber(1, 3650, 30)),
    HISTORY_DAYS: variable(365, wholeNumber(1, 3650, 365)),
    ...forKinds(({ quota }) => [`FREE_${quota.noun}_PER_DAY`, variable(quota.perDay.free, perDay(quota.perDay.free))]),
    ...forKinds(({ quota }) => [
      `PREMIUM_${quota.noun}_PER_DAY`,
      variable(quota.perDay.premium, perDay(quota.perDay.premium)),
    ]),
    BUDGET_PER_DAY: variable(undefined, dollars),
    BUDGET_PER_PERSON_PER_DAY: variable(undefined, dollars),
    BUDGET_CURRENCY: variable('USD', fits(/^[A-Z]{3}$/, 'must be three capital letters, for example EUR')),
    QUOTA_TIMEZONE: variable(utcDay, timeZone),
    FREE_RUNNING: variable(1, wholeNumber(1, 1000, 1)),
    PREMIUM_RUNNING: variable(3, wholeNumber(1, 1000, 3)),
    FREE_WAITING: variable(3, wholeNumber(1, 100_000, 3)),
    PREMIUM_WAITING: variable(10, wholeNumber(1, 100_000, 10)),
    ENHANCE_PROMPTS: variable(false, onOff),
    BARE_WORDS: variable('ask', oneOf(bareWords)),
    LOG_LEVEL: variable('info', oneOf(logLevels)),
    DEFAULT_LOCALE: variable(
      'en',
      fits(/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag, for example en or pt-BR'),
    ),
    REDIS_URL: variable(undefined, () => good(undefined)),
  };
}

/** The variables with the providers of this version. */
export const environmentVariables = variablesFor(providerDefinitions);

type Variables = ReturnType<typeof variablesFor>;
/** A value for every variable. */
export type Settings = {
  readonly [Name in keyof Variables]: Variables[Name] extends Variable<infer Value> ? Value : never;
};

/** The values of all variables; or every mistake, each with the name of its variable and without a value. */
export function readVariables(
  definitions: readonly ProviderDefinition[],
  env: Readonly<Record<string, string | undefined>>,
): Parsed<Settings> {
  const variables = definitions === providerDefinitions ? environmentVariables : variablesFor(definitions);
  const read = Object.entries<Variable<unknown>>(variables).map(([name, of]) => [name, of(env[name])] as const);
  const mistakes = read.flatMap(([name, value]) => (value.ok ? [] : value.mistakes.map((each) => `${name} ${each}`)));
  if (mistakes.length > 0) return { ok: false, mistakes };
  return good(Object.fromEntries(read.map(([name, value]) => [name, value.ok ? value.value : undefined])) as Settings);
}
