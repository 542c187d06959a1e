import type { AppEvent, Emit } from './events.ts';
import { isStorageRefusal } from './failure.ts';

/**
 * The one place where events meet those who want to know of them. `emit` never throws and never waits. All subscribers
 * see all events in the same order, also those that a subscriber emits while it hears another one. A subscriber that
 * throws harms no other: its fault is emitted as an event of its own.
 */
export type EventBus = {
  readonly emit: Emit;
  /** Calls the listener with each event from now on, in order of subscription; disposing ends that. */
  subscribe(listener: Emit): Disposable;
  /** As `subscribe`, with the events of these names alone. */
  on<Name extends AppEvent['event']>(
    names: readonly Name[],
    listener: (event: Extract<AppEvent, { event: Name }>) => void,
  ): Disposable;
};

type Subscriber = { readonly listener: Emit; readonly names: ReadonlySet<string> | undefined; isOver: boolean };

/** An event bus in memory. An error of a subscriber is emitted as `app.error`; its errors on that event are dropped. */
export function createEventBus(): EventBus {
  // Replaced at each change: who comes while an event is delivered gets the next one.
  let subscribers: readonly Subscriber[] = [];
  /** Hot path: those of each event, until the next change; most subscribers want a few kinds of events only. */
  const concerned = new Map<string, readonly Subscriber[]>();
  const queue: { readonly event: AppEvent; readonly isReport: boolean }[] = [];
  let isDelivering = false;

  const change = (changed: readonly Subscriber[]): void => {
    subscribers = changed;
    concerned.clear();
  };

  const concernedBy = (name: string): readonly Subscriber[] => {
    const known = concerned.get(name) ?? subscribers.filter(({ names }) => names?.has(name) !== false);
    concerned.set(name, known);
    return known;
  };

  const deliver = (event: AppEvent, isReport: boolean): void => {
    for (const { listener, isOver } of concernedBy(event.event)) {
      // An earlier listener may have ended this subscription.
      if (isOver) continue;
      try {
        listener(event);
      } catch (error) {
        if (isReport) continue;
        queue.push({ event: { event: 'app.error', what: `handle ${event.event}`, error }, isReport: true });
      }
    }
  };

  const add = (listener: Emit, names?: ReadonlySet<string>): Disposable => {
    const subscriber: Subscriber = { listener, names, isOver: false };
    change([...subscribers, subscriber]);
    return {
      [Symbol.dispose]: () => {
        subscriber.isOver = true;
        change(subscribers.filter((one) => one !== subscriber));
      },
    };
  };

  return {
    emit: (event) => {
      // The storage reports its outages itself, once.
      if (event.event === 'app.error' && isStorageRefusal(event.error)) return;
      queue.push({ event, isReport: false });
      if (isDelivering) return;
      isDelivering = true;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) deliver(next.event, next.isReport);
      isDelivering = false;
    },
    subscribe: (listener) => add(listener),
    on: (names, listener) => add(listener as Emit, new Set(names)),
  };
}
