import type { Tell } from '../src/domain/events.ts';
import type { KeyStore } from '../src/domain/key-store.ts';
import type { Provider } from '../src/domain/provider.ts';
import type { ProviderName } from '../src/domain/provider-name.ts';
import { type KeySettings, openKeys, type OpenKeys } from '../src/keys/open-keys.ts';
import { systemClock } from '../src/kit/clock.ts';
import { systemRandom } from '../src/kit/random.ts';
import { Secret } from '../src/kit/secret.ts';
import { line } from './bench-jobs.ts';

export type BenchKeysOptions = {
  readonly secrets: readonly string[];
  readonly seatsPerKey: number;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly store: KeyStore;
  readonly tell: Tell;
  /** Keys are tested at the start and now and then, as in a house that nobody told otherwise. */
  readonly isTested?: boolean;
};

export function benchSecrets(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `bench-key-number-${index + 1}`);
}

/** The pool and its desk as the house opens them, with keys of one provider. */
export async function openBenchKeys({
  secrets,
  seatsPerKey,
  isTested = false,
  ...rest
}: BenchKeysOptions): Promise<OpenKeys> {
  const setting = { seatsPerKey, mostSeats: undefined, keyGroups: [] };
  const settings: KeySettings = { [line]: setting };
  return await openKeys({
    keys: secrets.map((secret, index) => ({
      provider: line,
      place: index + 1,
      secret: new Secret(secret),
      weight: 1,
    })),
    settings,
    strategy: 'health-based',
    clock: systemClock,
    random: systemRandom,
    testOnStart: isTested,
    checkEveryMs: isTested ? 300_000 : 0,
    ...rest,
  });
}
