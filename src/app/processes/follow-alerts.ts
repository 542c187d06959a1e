import type { AdminAlerts } from '../../bot/admin-alerts.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Core } from '../core.ts';

/** Tells the admins of alerts until disposal; of several processes, that is the one with the role `housekeeping`. */
export async function followAlerts(
  { admin, events, processes, storage }: Pick<Core, 'admin' | 'events' | 'processes' | 'storage'>,
  admins: Pick<AdminAlerts, 'onAlert' | 'toldElsewhere'>,
): Promise<Disposable> {
  const following = new DisposableStack();
  const { shared } = storage;
  if (shared === undefined) {
    for (const alert of await admin.alerts()) admins.onAlert({ event: 'alert.raised', alert });
  } else {
    const adopt = async () => admins.toldElsewhere(await shared.alerts.told());
    following.use(
      processes.hold('housekeeping', () => {
        adopt().catch((error: unknown) => {
          if (!isStorageRefusal(error)) events.emit({ event: 'app.error', what: 'read which alerts were told', error });
        });
      }),
    );
  }
  following.use(events.on(['alert.raised', 'alert.resolved'], (event) => admins.onAlert(event)));
  return following;
}
