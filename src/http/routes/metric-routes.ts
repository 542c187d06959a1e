import { createRoute, z } from '@hono/zod-openapi';
import type { RouteGroup } from '../api.ts';

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['metrics'],
  summary: 'The state and the counters in the text format of Prometheus',
  responses: { 200: { description: 'One line a value.', content: { 'text/plain': { schema: z.string() } } } },
});

/** What is counted, and how it is written. */
export type MetricsText = { readonly contentType: string; readonly text: () => Promise<string> };

/** Serves metrics. */
export function metricRoutes({ contentType, text }: MetricsText): RouteGroup {
  return (api) => {
    api.openAPIRegistry.registerPath(metrics);
    api.get('/metrics', async (c) => c.body(await text(), 200, { 'content-type': contentType }));
  };
}
