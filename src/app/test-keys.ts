import PQueue from 'p-queue';
import type { Config } from '../config/config.ts';
import type { KeyChoice, KeyTestOptions, KeyTest } from '../domain/admin-api.ts';
import type { KeyView } from '../domain/views.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import type { Clock } from '../kit/clock.ts';
import { createConnector } from '../media/connector.ts';
import { createProviders } from '../providers/create-providers.ts';
import { createHttpClient } from '../providers/http/http-exchange.ts';

const maxAtOnce = 16;
const timeoutMs = 15_000;

export type TestKeysOptions = KeyTestOptions & {
  readonly config: Pick<Config, 'providers' | 'proxies'>;
  readonly keys: readonly ProviderKey[];
  /** The same keys, in the same order. */
  readonly views: readonly KeyView[];
  readonly choice: KeyChoice;
  readonly clock: Clock;
};

/** As `AdminKeys.test`, without a pool: the results change no key's state. Rejects when an adapter has a bug. */
export async function testKeys(options: TestKeysOptions): Promise<readonly KeyTest[]> {
  const { config, keys, views, choice, clock, onTest, signal } = options;
  await using http = createHttpClient({ connector: createConnector({ proxies: config.proxies }) });
  const owners = keys.map(({ provider }) => provider);
  const providers = await createProviders(owners, { settings: config.providers, http, clock });
  const chosen = choice === 'all' ? undefined : new Set(choice);
  const wanted = keys.flatMap(({ secret }, index) => {
    const view = views[index];
    const provider = view && providers.get(view.provider);
    if (view === undefined || provider === undefined) return [];
    const isWanted = chosen === undefined ? view.state.kind !== 'disabled' : chosen.has(view.id);
    return isWanted ? [{ secret, provider, id: view.id, name: view.name }] : [];
  });
  const queue = new PQueue({ concurrency: maxAtOnce });
  const results = await Promise.allSettled(
    wanted.map(({ secret, provider, id, name }) =>
      queue.add(async () => {
        const startedMs = clock.monotonicMs();
        using deadline = clock.deadline(timeoutMs, signal);
        const reply = await provider.probe(secret, deadline);
        const ms = clock.monotonicMs() - startedMs;
        const test: KeyTest = reply.ok
          ? { id, name, ok: true, ms }
          : { id, name, ok: false, reason: reply.failure.reason, detail: reply.failure.detail, ms };
        onTest?.(test);
        return test;
      }),
    ),
  );
  signal?.throwIfAborted();
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
