import type { Config } from '../config/config.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeySettingsPatch } from '../domain/key-state.ts';
import type { Emit } from '../domain/events.ts';
import type {
  AdminApi,
  AdminJobs,
  AdminPeople,
  AuditLog,
  Change,
  KeyAdded,
  KeyRemoved,
  KeyChoice,
  NewKey,
  RaisedAlert,
  Reloaded,
  TokenRenewed,
} from '../domain/admin-api.ts';
import type { JobReader } from '../domain/job-engine.ts';
import { laneOf } from '../domain/kinds.ts';
import type { PaymentStore } from '../domain/payments/payment-store.ts';
import type { SafetyStore } from '../domain/safety/safety.ts';
import type { Users } from '../domain/users.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { KeyMaintenance } from '../keys/maintenance/key-maintenance.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { Clock } from '../kit/clock.ts';

type OwnerAdminOptions = AdminRecordsOptions & {
  readonly keys: KeyMaintenance;
  readonly addKey: (key: NewKey) => Promise<KeyAdded>;
  readonly setKey: (id: KeyId, patch: KeySettingsPatch) => Promise<void>;
  readonly removeKey: (id: KeyId) => Promise<KeyRemoved>;
  /** Takes added keys and what was set for keys into use. */
  readonly useKeys: () => Promise<void>;
  readonly service: Pick<GenerationService, 'cancel'>;
  readonly users: Users;
  readonly safety: SafetyStore;
  readonly alerts: () => Promise<readonly RaisedAlert[]>;
  readonly audit: AuditLog;
  readonly emit: Emit;
  readonly reload: () => Promise<Reloaded>;
  readonly renewToken: (mark: string) => TokenRenewed;
};

/** The admin API of those who come in by one way; each of their changes is noted under it. */
export type AdminBy = (by: 'telegram' | 'command line' | 'http') => AdminApi;

/** What a process answers that was started without settings that it could read again. */
export function notReloadable(pool: Pick<KeyPool, 'snapshot'>): Reloaded {
  return { keys: pool.snapshot().keys.length, mistakes: ['this process cannot read its settings again'] };
}

/** The admin API in the process that owns the database: reads keys and alerts from memory, makes changes at once. */
export function createOwnerAdmin(options: OwnerAdminOptions): AdminBy {
  const {
    keys,
    addKey,
    setKey,
    removeKey,
    useKeys,
    service,
    reader,
    users,
    safety,
    alerts,
    audit,
    emit,
    reload,
    renewToken,
    clock,
  } = options;
  const records = createAdminRecords(options);
  return (by) => {
    const noted = async (action: string, target: string) => {
      try {
        await audit.note({ atMs: clock.now(), by, action, target });
      } catch (error) {
        // The change is made; the storage reports its outages itself.
        emit({ event: 'app.error', what: `note in the audit log that ${by} asked to ${action}`, error });
      }
    };
    const changed = async (change: 'wake' | 'disable' | 'enable', choice: KeyChoice): Promise<Change<number>> => {
      const value = keys[change](choice);
      await keys.saved();
      await noted(`${change}-keys`, choice === 'all' ? 'all' : choice.join(' '));
      return { kind: 'done', value };
    };
    return {
      keys: {
        list: async () => keys.snapshot().keys,
        wake: (choice) => changed('wake', choice),
        disable: (choice) => changed('disable', choice),
        enable: (choice) => changed('enable', choice),
        test: (choice, more) => keys.test(choice, more),
        add: async (key) => {
          const added = await addKey(key);
          if (added.kind === 'added') {
            await useKeys();
            await noted('add-key', `${key.provider} ${added.id}`);
          }
          return { kind: 'done', value: added };
        },
        set: async (id, patch) => {
          if (!keys.snapshot().keys.some((key) => key.id === id)) return { kind: 'done', value: false };
          await setKey(id, patch);
          await useKeys();
          await noted('set-key', `${id} ${Object.keys(patch).join(' ')}`);
          return { kind: 'done', value: true };
        },
        remove: async (id) => {
          const value = await removeKey(id);
          if (value.kind === 'removed') {
            await useKeys();
            await noted('remove-key', id);
          }
          return { kind: 'done', value };
        },
      },
      jobs: {
        ...records.jobs,
        cancel: async (id) => {
          const job = await reader.find(id);
          if (job === undefined) return { kind: 'done', value: 'not-found' };
          const { kind } = await service.cancel(id, job.origin.userId);
          await noted('cancel-job', id);
          return { kind: 'done', value: kind === 'running' ? 'cancelled' : kind };
        },
      },
      people: {
        ...records.people,
        addPremium: async (id, days, grant) => {
          const value = await users.addPremium(id, days, clock.now(), grant);
          await noted('add-premium', `${id} ${days} days`);
          return { kind: 'done', value };
        },
        block: async (id, reason) => {
          const value = await safety.block({ id, ...(reason === undefined ? {} : { reason }), sinceMs: clock.now() });
          for (const open of await safety.openJobsOf(id)) await service.cancel(open.id, open.userId);
          await noted('block', String(id));
          return { kind: 'done', value };
        },
        unblock: async (id) => {
          const value = await safety.unblock(id);
          await noted('unblock', String(id));
          return { kind: 'done', value };
        },
      },
      reload: async () => {
        const value = await reload();
        await noted('reload', '');
        return { kind: 'done', value };
      },
      renewToken: async (mark) => {
        const value = renewToken(mark);
        await noted('renew-token', '');
        return { kind: 'done', value };
      },
      alerts,
      audit: (page) => audit.latest(page),
      note: (action, target) => audit.note({ atMs: clock.now(), by, action, target }),
      costs: records.costs,
      payments: records.payments,
      history: records.history,
      spending: records.spending,
    };
  };
}

type AdminRecordsOptions = {
  readonly payments: Pick<PaymentStore, 'latest' | 'sums'>;
  readonly reader: JobReader;
  readonly users: Pick<Users, 'find' | 'usedOfEachToday'>;
  readonly safety: Pick<SafetyStore, 'blocks' | 'restrictions'>;
  readonly config: Pick<Config, 'premiumIds' | 'moderation'>;
  readonly clock: Pick<Clock, 'now'>;
};

/** The reading part of the admin API, the same in the process that owns the database and in any other. */
export type AdminRecords = Pick<AdminApi, 'costs' | 'payments' | 'history' | 'spending'> & {
  readonly jobs: Omit<AdminJobs, 'cancel'>;
  readonly people: Pick<AdminPeople, 'find' | 'blocks'>;
};

/** Reads jobs, calls and people; changes nothing. */
export function createAdminRecords({
  reader,
  payments,
  users,
  safety,
  config,
  clock,
}: AdminRecordsOptions): AdminRecords {
  const { premiumIds, moderation } = config;
  return {
    jobs: {
      list: (filter) => reader.latest(filter),
      find: (id) => reader.past(id),
      trail: (id) => reader.trailOf(id),
      stats: () => reader.stats(),
    },
    costs: (sinceMs) => reader.costs(sinceMs),
    payments: async (count) => ({ sums: await payments.sums(clock.now()), latest: await payments.latest(count) }),
    history: (hours) => reader.history(clock.now(), hours),
    spending: (sinceMs, maxPeople) => reader.spending({ sinceMs, maxPeople, nowMs: clock.now() }),
    people: {
      blocks: () => safety.blocks(),
      find: async (id) => {
        const nowMs = clock.now();
        const user = await users.find(id);
        const jobs = await reader.jobsOf(id);
        return {
          user,
          lane: laneOf(user, premiumIds, nowMs),
          usedToday: await users.usedOfEachToday(id, nowMs),
          openJobs: jobs.filter(({ state }) => state.kind !== 'told').length,
          restrictions: await safety.restrictions(id, nowMs, moderation.strikes.windowMs),
        };
      },
    },
  };
}
