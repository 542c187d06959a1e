import type { AlertStore } from '../domain/admin-api.ts';
import type { SharedStores } from '../domain/shared/shared-stores.ts';
import type { Emit } from '../domain/events.ts';
import type { SteadyClock } from '../kit/clock.ts';
import type { Database } from './database.ts';
import type { JobNews } from './stores/jobs/job-engine.ts';
import type { Owner } from './stores/jobs/owner.ts';

/** What becomes of stored times when the clock of this machine is set. */
export type ClockChanges = {
  /** Applies a change to the app's clock, and to stored times where they are of this machine alone. */
  follow(clock: SteadyClock, emit: Emit, byMs: number): void;
  /** At the start: the clock may have been set back while nobody ran. */
  catchUp(nowMs: number): void;
};

/** An open database and what its engine knows of the processes that use it. */
export type OpenEngine = AsyncDisposable & {
  readonly database: Database;
  /** The database in messages. */
  readonly place: string;
  /** How to give each bot a database of its own. */
  readonly ownPlace: string;
  takesWrites(): boolean;
  readonly clockChanges: ClockChanges;
  /** Absent where this is the only owner. */
  readonly owner?: Owner;
  readonly news?: JobNews;
  /** What several processes need that share the database; absent where there can be only one. */
  readonly shared?: SharedStores;
  /** The alerts of this process among those of all. */
  readonly alerts?: AlertStore;
};
