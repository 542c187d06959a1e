import type { SharedInbox } from '../inbox.ts';
import type { JobId } from '../ids.ts';
import type { RaisedAlert } from '../admin-api.ts';
import type { ProcessFacts, ProcessStore } from './processes.ts';
import type { SendPlaces } from './send-places.ts';
import type { SharedKeys } from './shared-keys.ts';

/** What is wrong, as several processes see it; one alert has one id in all of them. */
export type SharedAlerts = {
  /** What living processes have raised, each alert once, oldest first. */
  raised(): Promise<readonly RaisedAlert[]>;
  /** The alerts of which the operators were told, and not yet of their end. */
  told(): Promise<readonly RaisedAlert[]>;
  noteTold(alert: RaisedAlert, isRaised: boolean): Promise<void>;
};

/**
 * An outcome that a process told shortly before it was gone: what it still had to do about the status message is left.
 * `isApart`: the outcome is a message of its own, beside which that message may stand; otherwise it became words of it.
 */
export type LeftTold = { readonly id: JobId; readonly isApart: boolean };

/** What processes that share one database need besides the stores of a single machine. */
export type SharedStores = {
  /** This process. */
  readonly facts: ProcessFacts;
  readonly processes: ProcessStore;
  readonly inbox: SharedInbox;
  readonly places: SendPlaces;
  readonly alerts: SharedAlerts;
  readonly keys: SharedKeys;
  /** Ended jobs that no living process is about to deliver, oldest first; this process delivers them from now on. */
  takeOrphans(): Promise<readonly JobId[]>;
  /** What is left of outcomes that processes told which are gone; this process sees to it from now on. */
  takeLeftTold(): Promise<readonly LeftTold[]>;
};
