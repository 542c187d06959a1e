import type { environmentVariables } from './schema.ts';
import { perSecretFile } from './secret-files.ts';

/** A variable with one fixed name; each provider's own variables are in `providerMeanings`. */
export type SettingName = keyof typeof environmentVariables;

type Meanings = Readonly<Partial<Record<SettingName, string>>>;

const telegram = {
  TELEGRAM_BOT_TOKEN: 'Token that @BotFather gives for your bot. The only setting that `start` requires.',
  TELEGRAM_API_ROOT: 'Address of the Bot API server, for example one of your own.',
  WEBHOOK_URL:
    'Public https address of this bot, to which Telegram then sends updates; a proxy with TLS passes it on to `HTTP_PORT`. The bot sets and removes it by itself. Unless set, the bot asks for updates.',
  WEBHOOK_SECRET: 'Word by which such updates are known to be Telegram’s; required with `WEBHOOK_URL`.',
  ADMIN_IDS: 'Telegram user ids of the admins, separated by commas: people, never names or groups.',
  PREMIUM_IDS: 'Telegram user ids that are premium without paying, separated by commas.',
  TELEGRAM_PREMIUM_IS_PREMIUM: 'Whether members of Telegram Premium are premium here without paying.',
  STARS_PACKS:
    'Packs for sale as `results:Stars`, separated by commas: `20:50,100:200`. They are used when the day’s limit is reached and do not expire; a video takes 4 results, a song 2. Nothing is sold unless set.',
  STARS_SUBSCRIPTION: 'Telegram Stars for 30 days of premium, renewed by Telegram; not sold unless set.',
  ACCESS:
    'Who may use the bot: `open` is everybody, `list` the people and groups of `ACCESS_IDS`, `request` also those whom an admin lets in by a button. Admins always may.',
  ACCESS_IDS:
    'Telegram ids of people, and of groups (negative), who may use a bot that is not open, separated by commas.',
  CONTACT: 'How people reach you, one line under `/help`, `/terms` and `/privacy`: a name of Telegram, a mail address.',
  RULES_URL: 'Address of your own rules, to which a button there leads.',
  REFERRAL_RESULTS:
    'How many results a person is given for each new person who comes by their `/invite` link; they are used like those of a pack. 0 offers no link.',
  TERMS_URL: 'Address of your own terms, to which `/terms` then leads; the bot has short neutral ones.',
} as const satisfies Meanings;

const keys = {
  ROTATION_STRATEGY:
    'How the next key is chosen. `weighted` reads `BYTEZ_WEIGHTS`, `primary-first` follows the order of the keys.',
  KEYS_TEST_ON_START:
    'Whether all keys are tested in the background at the start, and the lists of models read then and once a day; neither spends anything.',
  HEALTH_CHECK_INTERVAL_S: 'How often refused and idle keys are tested again; 0 is never.',
} as const satisfies Meanings;

const models = {
  IMAGE_CHAIN:
    'Models for pictures, as `provider:model`, in the order in which they are tried. Unless set: the built-in models of every provider that has keys at the start, in the order of the table of providers, where prices are known the cheaper one first; those of Bytez where none has.',
  EDIT_CHAIN: 'Models that change a picture, likewise. A kind without a model that has keys is not offered.',
  VIDEO_CHAIN: 'Models for videos, likewise.',
  MODELS_FILE:
    'A table of models in YAML or JSON, at most 64 KB: what the built-in one does not know, or knows otherwise. A change takes effect within seconds.',
  FAILURE_RULES_FILE:
    'Rules for failures in YAML or JSON, at most 64 KB: which status, code or words of a provider mean what. They come before those of this version. A change takes effect within seconds.',
  CHAIN_ON_REFUSAL: 'Whether a request whose content was refused ends, or goes on with the next model of its chain.',
  EXTRA_PROVIDERS:
    'Names of servers of your own that speak like OpenAI, separated by commas: `home` reads `HOME_BASE_URL`, the keys `HOME_API_KEY…` if the server wants one, and the other settings of a provider; chains name its models as `home:model`.',
  HORDE_ANONYMOUS:
    'Whether the AI Horde makes pictures with its anonymous key, free and slowly, when no provider of pictures has a key.',
  MUSIC_CHAIN: 'Models for songs, likewise.',
  SPEECH_CHAIN: 'Models that say words aloud, likewise.',
  CHAT_CHAIN: 'Models that answer questions, likewise.',
} as const satisfies Meanings;

const attempts = {
  MAX_ATTEMPTS: 'Attempts for each model before the next one is tried. A change of key because of the key costs none.',
  RETRY_DELAY_S: 'First wait between two attempts; it doubles from attempt to attempt, up to 30 s.',
  IMAGE_TIMEOUT_S: 'Longest time for one attempt at a picture.',
  EDIT_TIMEOUT_S: 'Longest time for one attempt at changing a picture.',
  VIDEO_TIMEOUT_S: 'Longest time for one attempt at a video.',
  MUSIC_TIMEOUT_S: 'Longest time for one attempt at a song.',
  SPEECH_TIMEOUT_S: 'Longest time for one attempt at saying words.',
  CHAT_TIMEOUT_S: 'Longest time for one attempt at an answer.',
  IMAGE_DEADLINE_S:
    'Longest time for a picture as a whole, from its first attempt; waiting in the queue does not count.',
  EDIT_DEADLINE_S: 'Longest time for a changed picture as a whole, likewise.',
  VIDEO_DEADLINE_S: 'Longest time for a video as a whole, likewise.',
  MUSIC_DEADLINE_S: 'Longest time for a song as a whole, likewise.',
  SPEECH_DEADLINE_S: 'Longest time for spoken words as a whole, likewise.',
  CHAT_DEADLINE_S: 'Longest time for an answer as a whole, likewise.',
  MAX_WAIT_S: 'A new request is refused when its estimated wait in the queue is longer than this.',
  DRAIN_S: 'How long running work may finish after SIGTERM.',
} as const satisfies Meanings;

const people = {
  FREE_IMAGES_PER_DAY: 'Pictures for each free person and day; 0 is none, -1 is unlimited.',
  FREE_EDITS_PER_DAY: 'Changed pictures for each free person and day; 0 is none, -1 is unlimited.',
  FREE_VIDEOS_PER_DAY: 'Videos for each free person and day; 0 is none, -1 is unlimited.',
  FREE_SONGS_PER_DAY: 'Songs for each free person and day; 0 is none, -1 is unlimited.',
  FREE_RECORDINGS_PER_DAY: 'Spoken texts for each free person and day; 0 is none, -1 is unlimited.',
  FREE_ANSWERS_PER_DAY: 'Answers for each free person and day; 0 is none, -1 is unlimited.',
  PREMIUM_IMAGES_PER_DAY: 'Pictures for each premium person and day; 0 is none, -1 is unlimited.',
  PREMIUM_EDITS_PER_DAY: 'Changed pictures for each premium person and day; 0 is none, -1 is unlimited.',
  PREMIUM_VIDEOS_PER_DAY: 'Videos for each premium person and day; 0 is none, -1 is unlimited.',
  PREMIUM_SONGS_PER_DAY: 'Songs for each premium person and day; 0 is none, -1 is unlimited.',
  PREMIUM_RECORDINGS_PER_DAY: 'Spoken texts for each premium person and day; 0 is none, -1 is unlimited.',
  PREMIUM_ANSWERS_PER_DAY: 'Answers for each premium person and day; 0 is none, -1 is unlimited.',
  QUOTA_TIMEZONE: 'Time zone in which a day of the limits above begins and ends.',
  BUDGET_PER_DAY:
    'Most that is spent in one UTC day at all providers, in US dollars, as far as prices are known; no limit unless set. At 80 % admins are told; at 100 % nothing is asked that costs.',
  BUDGET_PER_PERSON_PER_DAY: 'Most that one person may spend of it in one UTC day, in US dollars.',
  BUDGET_CURRENCY: 'How money is named in what you read; amounts are not converted.',
  FREE_RUNNING: 'Requests of one free person that run at the same time.',
  PREMIUM_RUNNING: 'Requests of one premium person that run at the same time.',
  FREE_WAITING: 'Requests of one free person that wait or run.',
  PREMIUM_WAITING: 'Requests of one premium person that wait or run.',
  ENHANCE_PROMPTS:
    'Whether a model of the chat chain says short prompts of pictures and videos (under 12 words, without `--seed`) more fully before they are made. Both are shown. A chat model that fails or takes over 8 s leaves the prompt as it is.',
  BARE_WORDS:
    'What words without a command become in a private chat: `ask` quotes them back with buttons for a picture, a video, a song or an answer; `image` draws them at once.',
  DEFAULT_LOCALE:
    'Language for people whose own language has no file in `locales/`: a tag such as `pt-BR`, `pt_br` or `pt`, matched as those of Telegram are.',
} as const satisfies Meanings;

const moderation = {
  MODERATION:
    'What is checked before a provider is asked, for people and programs alike: `words`, a short list of the worst in every language; `openai`, that list and the moderation endpoint of OpenAI with its own keys.',
  MODERATION_WORDS_FILE:
    'Your own words, at most 64 KB: one word or phrase a line, `*` at its end for any ending, `-` before one of the built-in list to allow it. A change takes effect within seconds. Needs `MODERATION`.',
  MODERATION_URL:
    'Your own service, asked as well: `POST {"texts": [...]}`, answered by `{"allowed": true}` or `{"allowed": false}`.',
  MODERATION_WHEN_DOWN:
    'What becomes of requests while a service cannot be asked: `allow` makes them (the list of words still holds), `refuse` ends them with the credit given back.',
  STRIKES:
    'After so many refusals of content within `STRIKE_WINDOW_S`, by the bot or a provider, a person’s requests are refused for `STRIKE_REST_S`; 0 is never.',
  STRIKE_WINDOW_S: 'The time in which refusals are counted.',
  STRIKE_REST_S: 'How long such a person rests.',
} as const satisfies Meanings;

const bucket = {
  S3_ENDPOINT:
    'Address of an S3-compatible storage to which results are copied: Supabase (`https://….supabase.co/storage/v1/s3`), R2, MinIO and others, which are asked by path. Unset while the other names are set: AWS.',
  S3_BUCKET: 'Name of the bucket. It is not created.',
  S3_REGION: 'Region of the bucket. With an endpoint: `us-east-1` unless set, `auto` for R2.',
  S3_ACCESS_KEY_ID: 'Access key that may write, read and delete objects of the bucket.',
  S3_SECRET_ACCESS_KEY: 'Its secret.',
  S3_SECRET_ACCESS_KEY_FILE:
    'A file that holds the secret alone (a mounted secret), in place of `S3_SECRET_ACCESS_KEY`.',
  S3_PUBLIC_URL:
    'Address under which anybody can read the objects. Then results get a button with the link: this address, a slash, and the name of the object with its prefix.',
  S3_PREFIX: 'Folder in the bucket, for example `darkroom`.',
} as const satisfies Meanings;

const server = {
  DATA_DIR: 'Folder of the results, and of the database unless `DATABASE_URL` names one.',
  DATABASE_URL:
    'PostgreSQL database that several processes of one bot share: `postgres://user:password@host:5432/name`, with `?sslmode=verify-full` and perhaps `&sslrootcert=/path` for TLS. Name the server itself, not a pooler. Unless set, the database is a file in `DATA_DIR` and one process runs. `darkroom move` carries over what there is.',
  RETENTION_DAYS:
    'Days after which requests and results are deleted, counted from their delivery. `/forget` deletes at once.',
  HISTORY_DAYS:
    "Days after which a request leaves its person's `/history`, which keeps its words and Telegram's name of the result, but no file. Favourites stay. `/forget` deletes at once.",
  MEDIA_ALLOW_PRIVATE_HOSTS:
    'Private hosts (`host:port`, separated by commas) from which results may be fetched, for example your own storage. They are also the only ones that may be fetched without TLS.',
  HTTPS_PROXY:
    'Proxy for `https` addresses, that is Telegram, providers and results: `http://user:password@host:port`, or `socks5://…`. An HTTP proxy is asked to CONNECT. Also read as `https_proxy`, which wins, as do the small names below.',
  HTTP_PROXY: 'Proxy for `http` addresses; also for `https` ones when neither `HTTPS_PROXY` nor `ALL_PROXY` is set.',
  ALL_PROXY: 'Proxy for every address for which none of the two above is set.',
  NO_PROXY:
    'Hosts that are reached without a proxy, separated by commas: names with their subdomains, addresses, networks (`10.0.0.0/8`), `*` for all, each with a port where only that one is meant.',
  HTTP_HOST: 'Address on which the health API listens.',
  HTTP_PORT: 'Port of the health API; 0 takes a free one.',
  ADMIN_TOKEN:
    'Opens the HTTP API beyond `/healthz` and `/readyz`. At least 32 characters when `HTTP_HOST` is not a loopback address.',
  ALERT_WEBHOOK_URL:
    'Address that is told of alerts. Slack, Discord and ntfy.sh are known by their hosts; `slack+https://…`, `discord+…` and `ntfy+…` name the format of another host. The address counts as a secret.',
  JOB_WEBHOOK_URL: 'Address that is told how jobs end, likewise.',
  WEBHOOK_SIGNING_KEY:
    'Signs what these addresses and those of API clients are told, by Standard Webhooks: `whsec_` and random bytes in base64.',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'Collector of OpenTelemetry that is told of jobs and attempts as spans, by OTLP over HTTP in JSON at `/v1/traces` below this address.',
  OTEL_EXPORTER_OTLP_HEADERS: 'Headers that go along, as in `api-key=abc,x-tenant=team`; they count as secrets.',
  OTEL_SERVICE_NAME: 'The name under which the bot appears there.',
  API_CLIENTS_FILE:
    'The programs that may ask through `/v1/…`, in YAML or JSON, at most 64 KB; `darkroom clients add` writes it. A change takes effect within seconds. Without it there is no gateway.',
  GATEWAY_URL:
    'The address under which programs reach the gateway, without `/v1`; the links to pictures that they ask for begin with it. Otherwise they begin with the host that was asked.',
  GATEWAY_WAIT_S:
    'How long a call of a program waits for a key before it is refused with the time at which one is free.',
  KEYS_COMMAND:
    'A command for a shell that prints keys as `TOKEN_POOL_FILE` holds them, of any vault. When it fails, what was known stays.',
  KEYS_COMMAND_EVERY_S: 'How often `KEYS_COMMAND` is run and Vault is asked; 0 is at the start only.',
  VAULT_ADDR:
    'A HashiCorp Vault whose KV engine (version 2) holds keys: `bytez` or `bytez:org/model` with a key or a list of keys.',
  VAULT_PATH: 'Mount and path of the secret in Vault, for example `secret/darkroom`.',
  VAULT_TOKEN: 'A token of Vault; or `VAULT_ROLE_ID` and `VAULT_SECRET_ID`.',
  VAULT_ROLE_ID: 'The AppRole by which the bot logs in to Vault.',
  VAULT_SECRET_ID: 'The secret of that AppRole.',
  VAULT_NAMESPACE: 'The namespace in Vault, where there is one.',
  ...perSecretFile((name) => `A file that holds \`${name}\`, at most 64 KB.`),
  MASTER_KEY:
    'Encrypts the keys that are added over HTTP while the bot runs (AES-256-GCM, scrypt). Keep it: without it they cannot be read.',
  LOG_LEVEL: 'Least important level that is logged.',
} as const satisfies Meanings;

/** Names that this version knows and does not read. */
const reserved = {
  REDIS_URL:
    'Not read: what several processes share is in PostgreSQL (`DATABASE_URL`). The start says so where it is set.',
} as const satisfies Meanings;

/** One meaning for each variable: one that is missing above fails the compilation here. */
export const settingMeanings: Readonly<Record<SettingName, string>> = {
  ...telegram,
  ...keys,
  ...models,
  ...attempts,
  ...people,
  ...moderation,
  ...bucket,
  ...server,
  ...reserved,
};

/** The variables with one fixed name, in the order in which the documents show them. */
export const settingSections = {
  telegram: namesOf(telegram),
  keys: namesOf(keys),
  models: namesOf(models),
  attempts: namesOf(attempts),
  people: namesOf(people),
  moderation: namesOf(moderation),
  bucket: namesOf(bucket),
  server: namesOf(server),
  reserved: namesOf(reserved),
} as const;

function namesOf(meanings: Meanings): readonly SettingName[] {
  return Object.keys(meanings) as SettingName[];
}

/** Endings behind a provider's prefix: `BASE_URL` of Bytez is `BYTEZ_BASE_URL`. */
export const providerMeanings = {
  BASE_URL:
    'Address of the provider. `OPENAI_BASE_URL` with the address of a server of your own (LocalAI, vLLM, Ollama, sd-server) and no key: it is asked without one, at first one call at a time.',
  QUEUE_BASE_URL:
    'Address of the queue, of a provider that has two. Where only `FAL_BASE_URL` is set, runs are not queued but answered at once by that address.',
  SEATS_PER_KEY:
    'Concurrent calls that one key is expected to carry at first. What it really carries is learned; a free Bytez account carries one.',
  SEATS_MAX: 'Most concurrent calls that one account is ever given; not below `SEATS_PER_KEY`.',
  BUDGET_PER_DAY:
    'Most that is spent at this provider in one UTC day, in US dollars. At 80 % admins are told; at 100 % it is not asked.',
  KEY_GROUPS:
    'Keys of one account, which share its seats: their numbers, accounts separated by semicolons, for example `1,2;3,4,5`.',
  WEIGHTS:
    'Weights of the keys in their order, for `ROTATION_STRATEGY=weighted`, for example `3,1,1`; 1 each unless set.',
} as const;

/** The ways to name keys behind a provider's prefix, in the order in which they are read. */
export const keyMeanings = {
  API_KEY: 'One key, or several separated by commas, semicolons or spaces. All the ways below may be used together.',
  API_KEY_1: 'Numbered keys: any number, gaps allowed.',
  API_KEY2: 'Numbered without the second underscore, as some tools write it.',
  API_KEYS: 'A list of keys, or a JSON list.',
  API_KEY_FALLBACK_1: 'Keys that come after all of those above in the order.',
  API_KEY_FILE:
    'A file with one key a line (a mounted secret), at most 64 KB; text behind a # is a comment. A change takes effect within seconds.',
} as const;

/** Keys of several providers in one file. */
export const tokenPoolMeaning =
  'A JSON file `{"bytez": ["key"], "bytez:org/model": ["key for this model only"]}`, at most 64 KB. A change takes effect within seconds.';
