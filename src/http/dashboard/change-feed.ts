import { createRoute } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { AppEvent, EventBus } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { type RouteGroup, problem, problems } from '../api.ts';

/** What of the dashboard an event changes; the overview is changed by every one. */
type Part = 'overview' | 'keys' | 'jobs';

/** At most ten messages a second, however much happens. */
const gapMs = 100;
/** A connection that went away without a word is noticed by what cannot be sent. */
const quietMs = 15_000;
const maxReaders = 20;

const changes = createRoute({
  method: 'get',
  path: '/api/overview/changes',
  tags: ['dashboard'],
  summary: 'Server-sent events that name the parts of the dashboard which have changed, to be read again',
  responses: {
    200: { description: 'A stream of `change` events.', content: { 'text/event-stream': {} } },
    ...problems({ 503: `More than ${maxReaders} pages listen.` }),
  },
});

export type ChangeFeedOptions = { readonly events: Pick<EventBus, 'subscribe'>; readonly clock: Clock };

/** Tells pages that something has changed. What a slow page has not read yet is a set of three names, never a queue. */
export function changeRoutes({ events, clock }: ChangeFeedOptions): RouteGroup {
  let readers = 0;
  return (api) => {
    api.openAPIRegistry.registerPath(changes);
    api.get('/api/overview/changes', (c) => {
      if (readers >= maxReaders) {
        const detail = `Cannot listen: ${maxReaders} pages do already`;
        return problem(c, 503, { code: 'too-many-pages', detail, retryAfterMs: 30_000 });
      }
      readers += 1;
      return streamSSE(c, async (stream) => {
        const gone = new AbortController();
        stream.onAbort(() => gone.abort());
        const changed = new ChangedParts();
        using _heard = events.subscribe((event) => changed.note(event));
        try {
          await stream.writeSSE({ event: 'hello', data: '' });
          while (!gone.signal.aborted) {
            const parts = await changed.next(clock, gone.signal);
            await stream.writeSSE(
              parts.length === 0 ? { event: 'still', data: '' } : { event: 'change', data: parts.join(' ') },
            );
            await clock.sleep(gapMs, gone.signal);
          }
        } catch (error) {
          if (!gone.signal.aborted) throw error;
        } finally {
          readers -= 1;
        }
      });
    });
  };
}

class ChangedParts {
  readonly #parts = new Set<Part>();
  #wake: () => void = () => undefined;

  note({ event }: AppEvent): void {
    for (const part of partsOf(event)) this.#parts.add(part);
    this.#wake();
  }

  /** What has changed since the last call, as soon as something has; nothing when all was quiet for long. */
  async next(clock: Clock, signal: AbortSignal): Promise<readonly Part[]> {
    if (this.#parts.size === 0) {
      const woken = new AbortController();
      const done = new Promise<void>((resolve) => (this.#wake = resolve));
      const quiet = clock.sleep(quietMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
      await Promise.race([done, quiet]);
      woken.abort();
      signal.throwIfAborted();
    }
    const parts = [...this.#parts];
    this.#parts.clear();
    return parts;
  }
}

function partsOf(event: AppEvent['event']): readonly Part[] {
  const [subject] = event.split('.', 1);
  if (subject === 'attempt') return ['overview', 'keys', 'jobs'];
  if (subject === 'job') return ['overview', 'jobs'];
  return subject === 'key' || subject === 'keys' || subject === 'config' ? ['overview', 'keys'] : ['overview'];
}
