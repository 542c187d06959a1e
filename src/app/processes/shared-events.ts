import type { EventBus } from '../../domain/event-bus.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { EventFeed } from '../../http/events/event-feed.ts';
import { type Clock, every } from '../../kit/clock.ts';

const tellEveryMs = 3_000;
/** Events are passed on for so long after somebody was last said to read. */
const passedForMs = 10_000;
/** The database tells of no more. */
const maxLineLength = 6_000;

export type SharedEventsOptions = {
  readonly feed: EventFeed;
  readonly events: Pick<EventBus, 'subscribe'>;
  readonly processes: Processes;
  readonly toLine: (event: AppEvent, facts: Readonly<Record<string, string>>) => string;
  readonly clock: Clock;
};

/** A reader of the events of one process reads those of all; while there is none, nothing is passed on. */
export function shareEvents({ feed, events, processes, toLine, clock }: SharedEventsOptions): Disposable {
  const opened = new DisposableStack();
  let passUntilMs = -Infinity;
  opened.use(every(clock, tellEveryMs, () => (feed.readers > 0 ? processes.tell({ kind: 'reading' }) : undefined)));
  opened.use(
    processes.onNews((news) => {
      if (news.kind === 'reading') passUntilMs = clock.monotonicMs() + passedForMs;
      if (news.kind === 'event') feed.add(news.name as AppEvent['event'], news.line);
    }),
  );
  opened.use(
    events.subscribe((event) => {
      if (clock.monotonicMs() > passUntilMs) return;
      const line = toLine(event, { time: new Date(clock.now()).toISOString(), process: processes.id });
      if (line.length <= maxLineLength) processes.tell({ kind: 'event', name: event.event, line });
    }),
  );
  return opened;
}
