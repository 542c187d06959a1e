import type { AdminApi, AdminJobs, AdminPeople } from '../domain/admin-api.ts';
import { jobKinds, perKind } from '../domain/kinds.ts';
import type { JobReader } from '../domain/job-engine.ts';
import { laneOf, type Users } from '../domain/users.ts';
import type { Clock } from '../kit/clock.ts';

export type AdminRecordsOptions = {
  readonly reader: JobReader;
  readonly users: Pick<Users, 'find' | 'usedToday'>;
  readonly premiumIds: ReadonlySet<number>;
  readonly clock: Pick<Clock, 'now'>;
};

/** The reading part of the admin API, the same in the process that owns the database and in any other. */
export type AdminRecords = Pick<AdminApi, 'costs'> & {
  readonly jobs: Omit<AdminJobs, 'cancel'>;
  readonly people: Pick<AdminPeople, 'find'>;
};

/** Reads jobs, calls and people; changes nothing. */
export function createAdminRecords({ reader, users, premiumIds, clock }: AdminRecordsOptions): AdminRecords {
  return {
    jobs: {
      list: (filter) => reader.latest(filter),
      find: (id) => reader.past(id),
      trail: (id) => reader.trailOf(id),
    },
    costs: (sinceMs) => reader.callsByDay(sinceMs),
    people: {
      find: async (id) => {
        const nowMs = clock.now();
        const user = await users.find(id);
        const used = await Promise.all(
          jobKinds.map(async (kind) => [kind, await users.usedToday(id, kind, nowMs)] as const),
        );
        const usedOf = new Map(used);
        const jobs = await reader.jobsOf(id);
        return {
          user,
          lane: laneOf(user, premiumIds, nowMs),
          usedToday: perKind((kind) => usedOf.get(kind) ?? 0),
          openJobs: jobs.filter(({ state }) => state.kind !== 'told').length,
        };
      },
    },
  };
}
