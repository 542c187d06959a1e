import { createRoute, z } from '@hono/zod-openapi';
import { type RouteGroup, answer } from './api.ts';
import { isBearer } from './gate.ts';
import { readinessOf, type Vitals } from './readiness.ts';

const readinessSchema = z
  .object({
    ready: z.boolean(),
    database: z.boolean(),
    keys: z.boolean(),
    models: z.boolean(),
    telegram: z.boolean(),
    /** What helps, one sentence for each part that is missing. */
    why: z.array(z.string()),
  })
  .openapi('Readiness');

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Does the process run?',
  security: [],
  responses: { 200: { description: 'It does.' } },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Can the bot serve? Says with the token what is missing.',
  security: [{}, { token: [] }],
  responses: {
    200: answer(readinessSchema, 'It can; without the token the body is empty.'),
    503: answer(readinessSchema, 'Something is missing; without the token the body is empty.'),
  },
});

/** `/healthz`: the process runs. `/readyz`: it can serve; with the token it says what is missing. */
export function healthRoutes(vitals: Vitals): RouteGroup {
  return (api) => {
    api.openapi(healthz, (c) => c.body(null, 200));
    api.openAPIRegistry.registerPath(readyz);
    api.get('/readyz', (c) => {
      const readiness = readinessOf(vitals);
      const status = readiness.ready ? 200 : 503;
      // The gate lets a bearer through only when it is the token.
      if (!isBearer(c.req.header('authorization') ?? '')) return c.body(null, status);
      return c.json(readiness, status);
    });
  };
}
