import type { CoreParts } from '../src/app/core-parts.ts';
import { openCore } from '../src/app/open-core.ts';
import { instantResults } from '../simulator/instant-results.ts';
import { parseConfig } from '../src/config/config.ts';
import { type JobId, jobId } from '../src/domain/ids.ts';
import type { Lane } from '../src/domain/kinds.ts';
import type { JobEngine } from '../src/domain/job-engine.ts';
import type { Random } from '../src/kit/backoff.ts';
import { Secret } from '../src/kit/secret.ts';
import type { VirtualClock } from '../src/kit/virtual-clock.ts';
import { type UnreliableProvider, unreliableProvider } from './unreliable-provider.ts';

const keys = 6;
const settings = {
  BYTEZ_SEATS_PER_KEY: '2',
  IMAGE_CHAIN: 'bytez:campaign/model',
  VIDEO_CHAIN: 'bytez:campaign/model',
  KEYS_TEST_ON_START: 'off',
  FREE_IMAGES_PER_DAY: '-1',
  PREMIUM_IMAGES_PER_DAY: '-1',
  MAX_WAIT_S: '2592000',
};
/** The same names in every run. */
const salt = 'salt of the campaign';
/** The share of files that cannot be fetched at the first try. */
const lateFiles = 0.03;

/** Service, pool, maintenance, engine and adapter on a virtual clock. */
export type VirtualApp = AsyncDisposable & {
  readonly provider: UnreliableProvider;
  ask(request: number, userId: number, lane: Lane): Promise<boolean>;
  cancel(request: number, userId: number): Promise<void>;
  /** Seats in use. */
  leased(): number;
  /** Jobs without an outcome, or with one that is not delivered. */
  open(): Promise<number>;
  /** How many jobs have ended. */
  readonly ended: number;
  /** Errors that the app reported. */
  readonly errors: readonly unknown[];
};

export async function openVirtualApp(clock: VirtualClock, random: Random): Promise<VirtualApp> {
  const provider = unreliableProvider(clock, random);
  const errors: unknown[] = [];
  const core = await openCore({
    config: parseConfig(settings),
    keys: Array.from({ length: keys }, (_, index) => ({
      provider: 'bytez',
      place: index + 1,
      secret: new Secret(`campaign-key-${index + 1}`),
      weight: 1,
    })),
    clock,
    random,
    emit: (event) => {
      if (event.event === 'app.error') errors.push(event.error);
    },
    parts: {
      databasePath: ':memory:',
      storage: (opened) => ({ ...opened, keyStore: { ...opened.keyStore, salt: async () => salt } }),
      http: provider,
      results: delayedResults(random),
    },
  });
  const { service, pool, storage } = core;
  const { engine } = storage;
  let ended = 0;
  service.onEnded((id) => {
    ended += 1;
    deliver(engine, id).catch((error: unknown) => errors.push(error));
  });
  core.start();
  return {
    provider,
    errors,
    get ended() {
      return ended;
    },
    ask: async (request, userId, lane) => {
      const origin = { chatId: userId, chatType: 'private', userId, messageId: request } as const;
      const prompt = `a red fox, number ${request}`;
      const asked = { kind: 'image', prompt, lane, locale: 'en', updateId: request, origin } as const;
      return (await service.submit(asked)).kind === 'accepted';
    },
    cancel: async (request, userId) => void (await service.cancel(jobId(`tg-${request}`), userId)),
    leased: () => pool.snapshot().keys.reduce((sum, { inFlight }) => sum + inFlight, 0),
    open: async () => {
      const { lines, undelivered } = await engine.reader.stats();
      return lines.reduce((sum, line) => sum + line.running + line.waiting.free + line.waiting.premium, undelivered);
    },
    [Symbol.asyncDispose]: async () => {
      await core.drain(AbortSignal.abort());
      await core[Symbol.asyncDispose]();
    },
  };
}

async function deliver({ delivery }: JobEngine, id: JobId): Promise<void> {
  const claim = await delivery.claim(id);
  if (claim !== undefined) await delivery.done(claim.lease);
}

/** Returns most results at once, and some at the second try. */
function delayedResults(random: Random): NonNullable<CoreParts['results']> {
  const failure = { blame: 'provider', reason: 'result-unavailable', detail: 'HTTP 404' } as const;
  const results = instantResults();
  return {
    ...results,
    download: async (...asked) =>
      random() < lateFiles ? { ok: false, failure, retryable: true } : await results.download(...asked),
  };
}
