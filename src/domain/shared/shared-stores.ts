import type { SharedInbox } from '../inbox.ts';
import type { JobId } from '../ids.ts';
import type { RaisedAlert } from '../admin-api.ts';
import type { ProcessStore } from './processes.ts';
import type { SendPlaces } from './send-places.ts';

/** What is wrong, as several processes see it; one alert has one id in all of them. */
export type SharedAlerts = {
  /** These and no others are raised in this process. */
  save(processId: string, alerts: readonly RaisedAlert[]): Promise<void>;
  /** What living processes have raised, each alert once, oldest first. */
  raised(): Promise<readonly RaisedAlert[]>;
  /** Ids of the alerts of which the operators were told, and not yet of their end. */
  told(): Promise<ReadonlySet<string>>;
  noteTold(id: string, isRaised: boolean): Promise<void>;
};

/** What processes that share one database need besides the stores of a single machine. */
export type SharedStores = {
  readonly processes: ProcessStore;
  readonly inbox: SharedInbox;
  readonly places: SendPlaces;
  readonly alerts: SharedAlerts;
  /** Ended jobs that no living process is about to deliver, oldest first. */
  orphans(): Promise<readonly JobId[]>;
};
