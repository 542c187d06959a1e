import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import { shareEvents } from '../../../src/app/processes/shared-events.ts';
import { createEventBus } from '../../../src/domain/event-bus.ts';
import { EventFeed } from '../../../src/http/events/event-feed.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

/** Processes with a feed of events each. */
function aStage() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const passed: string[] = [];
  const told = {
    ...store,
    tell: async (by: string, news: Parameters<typeof store.tell>[1]) => {
      if (news.kind === 'event') passed.push(`${by} ${news.name}`);
      await store.tell(by, news);
    },
  };
  return {
    clock,
    passed,
    join: async (id: string) => {
      const events = createEventBus();
      const facts = { id, host: id, version: '1' };
      const processes = await ProcessKeeper.join({ facts, store: told, clock, emit: events.emit });
      const toLine = (event: { event: string }, of: Readonly<Record<string, string>>) =>
        JSON.stringify({ event: event.event, process: of['process'] ?? 'own' });
      const feed = new EventFeed({ events, clock, toLine });
      shareEvents({ feed, events, processes, toLine, clock });
      return { events, feed };
    },
  };
}

test('shareEvents() shows the events of all processes to who reads one of them, and passes none on for nobody', async () => {
  const { clock, passed, join } = aStage();
  const [first, second] = [await join('a'), await join('b')];
  second.events.emit({ event: 'bucket.recovered' });
  await clock.advance(5_000);
  expect(passed).toEqual([]);

  const seen: string[] = [];
  const reading = first.feed.read(({ data }) => (seen.push(data), true), {
    topics: new Set(['bucket']),
    onGone: () => undefined,
  });
  await clock.advance(3_000);
  first.events.emit({ event: 'bucket.recovered' });
  second.events.emit({ event: 'bucket.recovered' });
  await clock.advance(0);
  expect(seen).toEqual(['{"event":"bucket.recovered","process":"own"}', '{"event":"bucket.recovered","process":"b"}']);

  reading[Symbol.dispose]();
  await clock.advance(20_000);
  second.events.emit({ event: 'bucket.recovered' });
  await clock.advance(0);
  expect(passed).toEqual(['b bucket.recovered']);
});
