import { Broadcaster, type BroadcasterOptions } from '../admins/broadcaster.ts';
import type { BotDeps } from '../context.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { AccessNotices, mayUse } from './access-gate.ts';
import { Exporter } from './own-data.ts';

type PeoplePartsOptions = Omit<BroadcasterOptions, 'mayUse'> &
  Pick<BotDeps, 'access' | 'accessRules' | 'adminIds' | 'exports' | 'payments' | 'pastRequests' | 'admin'> & {
    readonly outbox: Outbox;
  };

export type PeopleParts = Disposable & {
  readonly broadcaster: Broadcaster;
  readonly accessNotices: AccessNotices;
  readonly exporter: Exporter;
  /** Goes on with what an earlier process left. */
  resume(): Promise<void>;
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
    resume: async () => {
      await broadcaster.resume();
      await accessNotices.tell();
      await exporter.resume();
    },
    [Symbol.dispose]: () => broadcaster[Symbol.dispose](),
  };
}
