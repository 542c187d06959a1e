import type { EventBus } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { KeyView } from '../domain/views.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';

/**
 * Tells which keys readiness counts. A configured key counts until something speaks against it. An anonymous key was
 * given by nobody, so the bot has no key at all until its provider was reached: it counts once a test found every key
 * accepted, or once a call succeeded.
 */
export class ProvenKeys {
  #anonymous: ReadonlySet<ProviderName> = new Set();
  #isProven = false;

  constructor(events: Pick<EventBus, 'subscribe'>) {
    events.subscribe((event) => {
      if (event.event === 'attempt.succeeded') this.#isProven = true;
      if (event.event === 'keys.tested' && event.working === event.total) this.#isProven = true;
    });
  }

  /** These are the keys from now on. */
  follow(keys: readonly ProviderKey[]): void {
    this.#anonymous = new Set(keys.flatMap(({ provider, isAnonymous }) => (isAnonymous === true ? [provider] : [])));
  }

  /** The keys without those that are not proven. */
  among(keys: readonly KeyView[]): readonly KeyView[] {
    return this.#isProven || this.#anonymous.size === 0
      ? keys
      : keys.filter((key) => !this.#anonymous.has(key.provider));
  }
}
