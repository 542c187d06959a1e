import { Broadcaster, type BroadcasterOptions } from '../admins/broadcaster.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { BotDeps } from '../context.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { AccessNotices, mayUse } from './access-gate.ts';
import { Exporter } from './own-data.ts';

const tryAgainMs = 10_000;

type PeoplePartsOptions = Omit<BroadcasterOptions, 'mayUse'> &
  Pick<BotDeps, 'access' | 'accessRules' | 'adminIds' | 'exports' | 'payments' | 'pastRequests' | 'admin'> & {
    readonly outbox: Outbox;
  };

export type PeopleParts = Disposable & {
  readonly broadcaster: Broadcaster;
  readonly accessNotices: AccessNotices;
  readonly exporter: Exporter;
  /** Goes on with what an earlier process left; tries again while the database is away. Never rejects. */
  resume(signal: AbortSignal): Promise<void>;
};

/** Opens what writes to people beside their requests: messages to everybody, answers to who asked to be let in, exports. */
export function openPeopleParts(options: PeoplePartsOptions): PeopleParts {
  const broadcaster = new Broadcaster({ ...options, mayUse: (userId) => mayUse(options, userId) });
  const accessNotices = new AccessNotices(options);
  const exporter = new Exporter({ ...options, jobs: { latest: (filter) => options.admin.jobs.list(filter) } });
  return {
    broadcaster,
    accessNotices,
    exporter,
    resume: async (signal) => {
      const { clock, emit } = options;
      while (!signal.aborted) {
        try {
          await broadcaster.resume();
          await accessNotices.tell();
          return await exporter.resume();
        } catch (error) {
          // The storage reports its outages itself.
          if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'go on with messages to people', error });
          await clock.sleep(tryAgainMs, signal).catch(() => undefined);
        }
      }
    },
    [Symbol.dispose]: () => broadcaster[Symbol.dispose](),
  };
}
