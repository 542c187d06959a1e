import type { CoreParts } from '../src/app/core-parts.ts';
import type { Core } from '../src/app/core.ts';
import { openCore } from '../src/app/open-core.ts';
import { instantResults } from '../simulator/instant-results.ts';
import { type Config, parseConfig } from '../src/config/config.ts';
import type { Emit } from '../src/domain/events.ts';
import { everyMechanism, type Mechanisms } from '../src/domain/mechanisms.ts';
import { type Clock, systemClock } from '../src/kit/clock.ts';
import { type Random, systemRandom } from '../src/kit/backoff.ts';
import { Secret } from '../src/kit/secret.ts';
import { line } from './bench-jobs.ts';

export type BenchCoreOptions = {
  readonly secrets: readonly string[];
  readonly seatsPerKey: number;
  readonly providers: NonNullable<CoreParts['providers']>;
  readonly emit?: Emit;
  /** Beside what every benchmark has: one model, untested keys, and nobody refused for asking too often. */
  readonly config?: Partial<Config>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly databasePath?: string;
  readonly mechanisms?: Mechanisms;
};

const usual = {
  IMAGE_CHAIN: `${line}:bench-model`,
  VIDEO_CHAIN: `${line}:bench-model`,
  KEYS_TEST_ON_START: 'off',
  HEALTH_CHECK_INTERVAL_S: '0',
  FREE_IMAGES_PER_DAY: '-1',
  PREMIUM_IMAGES_PER_DAY: '-1',
  MAX_WAIT_S: '2592000',
};

export function benchSecrets(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `bench-key-number-${index + 1}`);
}

/** The core as the app opens it, with keys of one provider, every result there at once, in memory unless told where. */
export async function openBenchCore(options: BenchCoreOptions): Promise<Core> {
  const { secrets, seatsPerKey, providers, env, config, databasePath = ':memory:' } = options;
  return await openCore({
    config: { ...parseConfig({ ...usual, BYTEZ_SEATS_PER_KEY: String(seatsPerKey), ...env }), ...config },
    keys: secrets.map((secret, index) => ({
      provider: line,
      place: index + 1,
      secret: new Secret(secret),
      weight: 1,
    })),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    emit: options.emit ?? (() => undefined),
    parts: { databasePath, providers, results: instantResults(), mechanisms: options.mechanisms ?? everyMechanism },
  });
}
