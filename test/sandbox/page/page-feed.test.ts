import { expect, test } from 'vitest';
import { PageFeed } from '../../../sandbox/page/page-feed.ts';

test('PageFeed.read() gives the whole state first and only changed sections afterwards', async () => {
  const stop = new AbortController();
  const feed = new PageFeed();
  feed.publish('keys', [1]);
  feed.publish('line', 'empty');
  const reading = feed.read(stop.signal);
  expect(await next(reading)).toEqual({ event: 'patch', data: { keys: [1], line: 'empty' } });
  feed.publish('keys', [1]);
  feed.publish('line', 'full');
  expect(await next(reading)).toEqual({ event: 'patch', data: { line: 'full' } });
  stop.abort();
  expect(await reading.next()).toEqual({ done: true, value: undefined });
});

test('PageFeed.read() lets a slow reader skip states, and delays no other', async () => {
  const feed = new PageFeed();
  feed.publish('place', 0);
  const reading = feed.read(new AbortController().signal);
  await next(reading);
  for (let place = 1; place <= 50; place += 1) feed.publish('place', place);
  expect(await next(reading)).toEqual({ event: 'patch', data: { place: 50 } });
});

test('PageFeed.broadcast() reaches the current readers only', async () => {
  const stop = new AbortController();
  const feed = new PageFeed();
  feed.publish('place', 0);
  const reading = feed.read(stop.signal);
  await next(reading);
  feed.broadcast('action', { action: 'typing' });
  expect(await next(reading)).toEqual({ event: 'action', data: { action: 'typing' } });
  const later = feed.read(stop.signal);
  expect(await next(later)).toEqual({ event: 'patch', data: { place: 0 } });
  const nothing = later.next();
  stop.abort();
  expect(await nothing).toEqual({ done: true, value: undefined });
});

test('PageFeed forgets a reader that has stopped', async () => {
  const stop = new AbortController();
  const feed = new PageFeed();
  feed.publish('place', 0);
  const reading = feed.read(stop.signal);
  await next(reading);
  expect(feed.readers).toBe(1);
  const ended = reading.next();
  stop.abort();
  await ended;
  expect(feed.readers).toBe(0);
});

async function next(reading: AsyncGenerator<{ readonly event: string; readonly data: string }>) {
  const { value, done } = await reading.next();
  if (done === true) throw new Error('Cannot read on: the feed has ended');
  return { event: value.event, data: JSON.parse(value.data) as unknown };
}
