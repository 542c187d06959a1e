import { expect, test } from 'vitest';
import { createEventBus } from '../../src/domain/event-bus.ts';
import type { AppEvent } from '../../src/domain/events.ts';

const warning = (text: string): AppEvent => ({ event: 'config.warning', text });
const nameOf = (event: AppEvent) => (event.event === 'config.warning' ? event.text : event.event);

test('EventBus.emit() reaches every subscriber at once, in the order of subscription', () => {
  const bus = createEventBus();
  const seen: string[] = [];
  bus.subscribe((event) => void seen.push(`first ${nameOf(event)}`));
  bus.subscribe((event) => void seen.push(`second ${nameOf(event)}`));
  bus.emit(warning('a'));
  expect(seen).toEqual(['first a', 'second a']);
});

test('EventBus.on() delivers the events of the names, until it is disposed', () => {
  const bus = createEventBus();
  const seen: string[] = [];
  const subscription = bus.on(['config.warning'], (event) => void seen.push(nameOf(event)));
  bus.emit(warning('a'));
  bus.emit({ event: 'app.stopped', handedBack: 0 });
  bus.emit(warning('b'));
  subscription[Symbol.dispose]();
  bus.emit(warning('c'));
  expect(seen).toEqual(['a', 'b']);
});

test('EventBus.emit() delivers in one order to all, also events that a listener emits', () => {
  const bus = createEventBus();
  const seen: string[] = [];
  bus.subscribe((event) => {
    if (nameOf(event) === 'a') bus.emit(warning('because of a'));
  });
  bus.subscribe((event) => void seen.push(nameOf(event)));
  bus.emit(warning('a'));
  expect(seen).toEqual(['a', 'because of a']);
});

test('EventBus.emit() does not throw when listeners do: the others get the event and then a report', () => {
  const bus = createEventBus();
  const seen: AppEvent[] = [];
  bus.subscribe(() => {
    throw new Error('broken listener');
  });
  bus.on(['config.warning'], () => {
    throw new Error('another broken listener');
  });
  bus.subscribe((event) => void seen.push(event));
  bus.emit(warning('a'));
  bus.emit({ event: 'app.stopped', handedBack: 0 });
  expect(seen).toEqual([
    warning('a'),
    { event: 'app.error', what: 'handle config.warning', error: new Error('broken listener') },
    { event: 'app.error', what: 'handle config.warning', error: new Error('another broken listener') },
    { event: 'app.stopped', handedBack: 0 },
    { event: 'app.error', what: 'handle app.stopped', error: new Error('broken listener') },
  ]);
});

test('EventBus.emit() skips a listener that another one has just unsubscribed, and gives a new one the next event', () => {
  const bus = createEventBus();
  const seen: string[] = [];
  let newcomer: Disposable | undefined;
  bus.subscribe(() => {
    pendingErasure[Symbol.dispose]();
    newcomer ??= bus.subscribe((event) => void seen.push(`newcomer ${nameOf(event)}`));
  });
  const pendingErasure = bus.subscribe((event) => void seen.push(`leaving ${nameOf(event)}`));
  bus.emit(warning('a'));
  bus.emit(warning('b'));
  expect(seen).toEqual(['newcomer b']);
});
