import type { HouseEvent, Tell } from './events.ts';

/** Which events a subscriber wants; all of them when absent. */
export type EventFilter = (event: HouseEvent) => boolean;

/**
 * The one place where events meet those who want to know of them. `emit` never throws and never waits. All subscribers
 * see all events in the same order, also those that a subscriber emits while it hears another one. A subscriber that
 * throws harms no other: its fault is emitted as an event of its own.
 */
export type EventBus = {
  readonly emit: Tell;
  /** Calls the listener with each event from now on, in order of subscription; disposing ends that. */
  subscribe(listener: Tell, filter?: EventFilter): Disposable;
};
