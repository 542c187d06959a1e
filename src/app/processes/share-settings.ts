import type { Emit } from '../../domain/events.ts';
import type { Keyring } from '../../keys/keyring/keyring.ts';
import type { Sharing } from '../../keys/shared/sharing.ts';

export type ShareSettingsOptions = {
  /** Absent where one process works with the keys. */
  readonly sharing: Sharing | undefined;
  readonly keyring: Pick<Keyring, 'read'>;
  /** Takes added keys and what was set for keys into use. */
  readonly useKeys: () => Promise<void>;
  readonly emit: Emit;
};

/**
 * What an operator adds, removes or sets for keys in one process, all of them take into use. Returns what takes it into use
 * after such a change in this one.
 */
export function shareSettings({ sharing, keyring, useKeys, emit }: ShareSettingsOptions): () => Promise<void> {
  if (sharing === undefined) return useKeys;
  sharing.onNews(({ kind }) => {
    if (kind !== 'settings' && kind !== 'missed') return;
    const taken = keyring.read().then(useKeys);
    taken.catch((error: unknown) => emit({ event: 'app.error', what: 'take over what was set for keys', error }));
  });
  return async () => {
    await useKeys();
    sharing.tell({ kind: 'settings' });
  };
}
