import type { Emit } from '../../domain/events.ts';
import type { KeyAdded, KeyRemoved, NewKey } from '../../domain/admin-api.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { KeySettingsPatch, OperatorKeys, OwnKeySettings } from '../../domain/key-state.ts';
import type { Provider } from '../../domain/provider.ts';
import type { Clock } from '../../kit/clock.ts';
import { createSealer, type Sealer } from '../../kit/sealer.ts';
import { Secret } from '../../kit/secret.ts';
import { fingerprint } from '../sources/identify-keys.ts';
import type { ProviderKey } from '../sources/read-keys.ts';
import { splitKeys } from '../sources/split-keys.ts';

export type KeyringOptions = {
  readonly store: OperatorKeys;
  /** Without it nothing can be added, and what was added cannot be read. */
  readonly masterKey: Secret | undefined;
  readonly salt: string;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called with each key before it is used, so that no log line can contain it. */
  readonly onSecret: (secret: Secret) => void;
};

const testTimeoutMs = 15_000;

/** What a key is sealed for: it cannot be opened as another one. */
export function sealContext(provider: ProviderName, id: KeyId): string {
  return `${provider}:${id}`;
}

/** The keys that operators add while the bot runs, kept encrypted, and what they set for single keys. */
export class Keyring {
  readonly #options: KeyringOptions;
  readonly #sealer: Sealer | undefined;
  #added: readonly ProviderKey[] = [];
  #settings: ReadonlyMap<KeyId, OwnKeySettings> = new Map();

  private constructor(options: KeyringOptions) {
    this.#options = options;
    const { masterKey, salt } = options;
    this.#sealer = masterKey === undefined ? undefined : createSealer(masterKey, salt);
  }

  /** Reads what is kept; what cannot be opened is told in a warning and left as it is. */
  static async open(options: KeyringOptions): Promise<Keyring> {
    const ring = new Keyring(options);
    await ring.read();
    return ring;
  }

  get settings(): ReadonlyMap<KeyId, OwnKeySettings> {
    return this.#settings;
  }

  /** These keys and the added ones behind them, each provider's in places of its own. */
  with(configured: readonly ProviderKey[]): readonly ProviderKey[] {
    const known = new Set(configured.map((key) => this.#idOf(key.secret)));
    const last = new Map<ProviderName, number>();
    for (const { provider, place } of configured) last.set(provider, Math.max(place, last.get(provider) ?? 0));
    const further = this.#added.filter((key) => !known.has(this.#idOf(key.secret)));
    return [
      // A real key takes the place of everybody's one.
      ...configured.filter(
        (key) => key.isAnonymous !== true || !further.some(({ provider }) => provider === key.provider),
      ),
      ...further.map((key) => {
        const place = (last.get(key.provider) ?? 0) + 1;
        last.set(key.provider, place);
        return { ...key, place };
      }),
    ];
  }

  /** Tests the key without spending anything and keeps it when its provider accepts it. The caller takes it into use. */
  async add(
    { provider, key, ...settings }: NewKey,
    known: readonly ProviderKey[],
    adapter: Provider | undefined,
  ): Promise<KeyAdded> {
    const { store, clock, onSecret } = this.#options;
    const sealer = this.#sealer;
    if (sealer === undefined) return { kind: 'no-master-key' };
    if (adapter === undefined) return { kind: 'no-such-provider' };
    const [entry, ...more] = splitKeys(key);
    if (entry === undefined || more.length > 0) return { kind: 'malformed', why: 'it is one key without spaces' };
    if (entry.kind === 'refused') return { kind: 'malformed', why: entry.why };
    const secret = new Secret(entry.key);
    onSecret(secret);
    const id = this.#idOf(secret);
    if (known.some((other) => other.provider === provider && this.#idOf(other.secret) === id)) {
      return { kind: 'known' };
    }
    using deadline = clock.deadline(testTimeoutMs);
    const reply = await adapter.probe(secret, deadline);
    if (!reply.ok) {
      const { failure } = reply;
      const isRefused = failure.blame === 'key' && failure.reason !== 'rate-limited';
      return { kind: isRefused ? 'refused' : 'not-tested', reason: failure.reason };
    }
    const isNew = await store.add({
      id,
      provider,
      sealed: sealer.seal(entry.key, sealContext(provider, id)),
      addedAtMs: clock.now(),
    });
    if (isNew && Object.keys(settings).length > 0) await store.set(id, settings);
    await this.read();
    return isNew ? { kind: 'added', id } : { kind: 'known' };
  }

  /** Sets what is given, clears what is null and leaves the rest; the caller takes it into use. */
  async set(id: KeyId, settings: KeySettingsPatch): Promise<void> {
    await this.#options.store.set(id, settings);
    this.#settings = await this.#options.store.settings();
  }

  /** Forgets an added key; the caller takes it out of use. A configured one is not touched. */
  async remove(id: KeyId, configured: readonly ProviderKey[]): Promise<KeyRemoved> {
    const { store } = this.#options;
    const own = configured.find((key) => this.#idOf(key.secret) === id);
    if (own !== undefined) return { kind: 'configured', where: own.where ?? 'the environment' };
    if (!(await store.added()).some((key) => key.id === id)) return { kind: 'no-such-key' };
    await store.remove(id);
    await this.read();
    return { kind: 'removed' };
  }

  /** A key that another process has encrypted as this one does; undefined where it cannot be opened. */
  unseal(provider: ProviderName, id: KeyId, sealed: string): string | undefined {
    return this.#sealer?.open(sealed, sealContext(provider, id));
  }

  /** Reads again what is kept: another process may have changed it. The caller takes it into use. */
  async read(): Promise<void> {
    const { store, emit, onSecret } = this.#options;
    const sealer = this.#sealer;
    const rows = await store.added();
    this.#settings = await store.settings();
    const opened = rows.map(({ id, provider, sealed }) => ({
      provider,
      key: sealer?.open(sealed, sealContext(provider, id)),
    }));
    const closed = opened.filter(({ key }) => key === undefined).length;
    if (closed > 0) {
      const why = sealer === undefined ? 'MASTER_KEY is not set' : 'MASTER_KEY is not the one they were kept under';
      const text = `${closed} of the keys that were added while the bot ran cannot be read: ${why}; set it to use them`;
      emit({ event: 'config.warning', text });
    }
    this.#added = opened.flatMap(({ provider, key }) => {
      if (key === undefined) return [];
      const secret = new Secret(key);
      onSecret(secret);
      return [{ provider, place: 1, secret, weight: 1, isAdded: true }];
    });
  }

  #idOf(secret: Secret): KeyId {
    return fingerprint(secret, this.#options.salt);
  }
}
