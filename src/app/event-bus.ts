import type { EventBus, EventFilter, AppEvent, Emit } from '../domain/events.ts';

type Subscriber = { readonly listener: Emit; readonly filter: EventFilter | undefined };

/** An event bus in memory. An error of a subscriber is emitted as `app.error`; its errors on that event are dropped. */
export function createEventBus(): EventBus {
  const subscribers = new Set<Subscriber>();
  const queue: { readonly event: AppEvent; readonly isReport: boolean }[] = [];
  let isDelivering = false;

  const deliver = (event: AppEvent, isReport: boolean): void => {
    // A subscriber that is added while this event is delivered gets the next one.
    const present = [...subscribers];
    for (const subscriber of present) {
      // An earlier listener may have ended this subscription.
      if (!subscribers.has(subscriber)) continue;
      try {
        if (subscriber.filter?.(event) !== false) subscriber.listener(event);
      } catch (error) {
        if (isReport) continue;
        queue.push({ event: { event: 'app.error', what: `handle ${event.event}`, error }, isReport: true });
      }
    }
  };

  return {
    emit: (event) => {
      queue.push({ event, isReport: false });
      if (isDelivering) return;
      isDelivering = true;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) deliver(next.event, next.isReport);
      isDelivering = false;
    },
    subscribe: (listener, filter) => {
      const subscriber = { listener, filter };
      subscribers.add(subscriber);
      return { [Symbol.dispose]: () => void subscribers.delete(subscriber) };
    },
  };
}
