import type { EventBus, EventFilter, AppEvent, Emit } from '../domain/events.ts';

type Subscriber = { readonly listener: Emit; readonly filter: EventFilter | undefined };

/** An event bus in memory. What a subscriber throws on the report of a fault is dropped, so reports never multiply. */
export function createEventBus(): EventBus {
  const subscribers = new Set<Subscriber>();
  const queue: { readonly event: AppEvent; readonly isFault: boolean }[] = [];
  let isDelivering = false;

  const deliver = (event: AppEvent, isFault: boolean): void => {
    // Who subscribes while this event is delivered gets the next one.
    const present = [...subscribers];
    for (const subscriber of present) {
      // A listener before it may have ended its subscription.
      if (!subscribers.has(subscriber)) continue;
      try {
        if (subscriber.filter?.(event) !== false) subscriber.listener(event);
      } catch (error) {
        if (isFault) continue;
        queue.push({ event: { event: 'app.error', what: `handle ${event.event}`, error }, isFault: true });
      }
    }
  };

  return {
    emit: (event) => {
      queue.push({ event, isFault: false });
      if (isDelivering) return;
      isDelivering = true;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) deliver(next.event, next.isFault);
      isDelivering = false;
    },
    subscribe: (listener, filter) => {
      const subscriber = { listener, filter };
      subscribers.add(subscriber);
      return { [Symbol.dispose]: () => void subscribers.delete(subscriber) };
    },
  };
}
