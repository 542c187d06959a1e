import { createRoute, z } from '@hono/zod-openapi';
import type { Clock } from '../../kit/clock.ts';
import { every } from '../../kit/clock.ts';
import { type RouteGroup, problem, problems } from '../api.ts';
import { type EventFeed, topicsOf } from '../events/event-feed.ts';

export const topicList = z
  .string()
  .max(500)
  .regex(/^[a-z.,-]*$/, 'names of events or their beginnings, with commas');

const events = createRoute({
  method: 'get',
  path: '/api/events',
  tags: ['events'],
  summary: 'Every event of the bot as server-sent events, as the log has them',
  description:
    'Goes on after Last-Event-ID (or ?last=), as far as the last 2,000 events go. Also as a WebSocket at /. A reader that is slow is dropped.',
  request: { query: z.object({ topics: topicList.optional(), last: z.string().max(40).optional() }) },
  responses: {
    200: { description: 'A stream without end.', content: { 'text/event-stream': { schema: z.string() } } },
    ...problems({ 400: 'It is not as described.' }),
  },
});

/** How many entries may wait for a reader. */
const maxWaiting = 1_000;
/** A comment that keeps proxies from closing a quiet stream, and tells that a reader has gone. */
const beatEveryMs = 15_000;

/** Streams events. */
export function eventRoutes(feed: EventFeed, clock: Clock): RouteGroup {
  return (api) => {
    api.openAPIRegistry.registerPath(events);
    api.get('/api/events', (c) => {
      const query = events.request.query.safeParse(c.req.query());
      if (!query.success) {
        const detail = 'Cannot stream events: topics are names of events or their beginnings, with commas';
        return problem(c, 400, { code: 'bad-request', detail });
      }
      const { topics, last } = query.data;
      const stream = eventStream(
        feed,
        { topics: topicsOf(topics), lastId: c.req.header('last-event-id') ?? last },
        clock,
      );
      return c.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    });
  };
}

/** The feed in the format of server-sent events; ends when its reader goes or is too slow. */
export function eventStream(
  feed: EventFeed,
  options: { readonly topics: ReadonlySet<string>; readonly lastId?: string | undefined },
  clock: Clock,
): ReadableStream<Uint8Array> {
  const scope = new DisposableStack();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const end = () => {
          if (scope.disposed) return;
          scope.dispose();
          controller.close();
        };
        const send = (text: string): boolean => {
          if ((controller.desiredSize ?? 0) <= 0) return false;
          controller.enqueue(encoder.encode(text));
          return true;
        };
        // The first bytes at once: a client knows then that it is connected.
        send(': connected\n\n');
        scope.use(every(clock, beatEveryMs, () => (send(': beat\n\n') ? undefined : end())));
        scope.use(
          feed.read(({ id, name, data }) => send(`id: ${id}\nevent: ${name}\ndata: ${data}\n\n`), {
            ...options,
            onGone: end,
          }),
        );
      },
      cancel: () => scope.dispose(),
    },
    { highWaterMark: maxWaiting },
  );
}
