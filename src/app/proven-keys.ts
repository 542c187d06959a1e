import type { EventBus } from '../domain/event-bus.ts';
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

  constructor(events: Pick<EventBus, 'on'>) {
    const listening = events.on(['attempt.succeeded', 'keys.tested'], (event) => {
      if (event.event === 'keys.tested' && event.working !== event.total) return;
      this.#isProven = true;
      listening[Symbol.dispose]();
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
