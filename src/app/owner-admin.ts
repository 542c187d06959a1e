import type { AdminApi, Change, KeyChoice, RaisedAlert, Reloaded } from '../domain/admin-api.ts';
import type { Users } from '../domain/users.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { KeyMaintenance } from '../keys/maintenance/key-maintenance.ts';
import { type AdminRecordsOptions, createAdminRecords } from './admin-records.ts';

export type OwnerAdminOptions = AdminRecordsOptions & {
  readonly keys: KeyMaintenance;
  readonly service: Pick<GenerationService, 'cancel'>;
  readonly users: Users;
  readonly alerts: () => readonly RaisedAlert[];
  readonly reload: () => Promise<Reloaded>;
};

/** The admin API in the process that owns the database: reads keys and alerts from memory, makes changes at once. */
export function createOwnerAdmin(options: OwnerAdminOptions): AdminApi {
  const { keys, service, reader, users, alerts, reload, clock } = options;
  const records = createAdminRecords(options);
  const changed = async (change: 'wake' | 'disable' | 'enable', choice: KeyChoice): Promise<Change<number>> => {
    const value = keys[change](choice);
    await keys.saved();
    return { kind: 'done', value };
  };
  return {
    keys: {
      list: async () => keys.snapshot().keys,
      wake: (choice) => changed('wake', choice),
      disable: (choice) => changed('disable', choice),
      enable: (choice) => changed('enable', choice),
      test: (choice, more) => keys.test(choice, more),
    },
    jobs: {
      ...records.jobs,
      cancel: async (id) => {
        const job = await reader.find(id);
        if (job === undefined) return { kind: 'done', value: 'not-found' };
        const { kind } = await service.cancel(id, job.origin.userId);
        return { kind: 'done', value: kind === 'running' ? 'cancelled' : kind };
      },
    },
    people: {
      ...records.people,
      addPremium: async (id, days, grant) => ({
        kind: 'done',
        value: await users.addPremium(id, days, clock.now(), grant),
      }),
    },
    reload: async () => ({ kind: 'done', value: await reload() }),
    alerts: async () => alerts(),
    costs: records.costs,
  };
}
