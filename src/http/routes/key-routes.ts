import { createRoute } from '@hono/zod-openapi';
import type { AdminApi } from '../../domain/admin-api.ts';
import { availabilityOf, type KeyView, poolViewOf } from '../../domain/views.ts';
import { type RouteGroup, answer } from '../api.ts';
import { keysStatusSchema } from './key-schemas.ts';

const status = createRoute({
  method: 'get',
  path: '/api/keys/status',
  tags: ['keys'],
  summary: 'Every key with what is known of it, and what the keys of each provider are good for',
  responses: { 200: answer(keysStatusSchema, 'All keys, in their order.') },
});

/** Shows the keys. */
export function keyRoutes(admin: Pick<AdminApi, 'keys'>): RouteGroup {
  return (api) => {
    api.openapi(status, async (c) => c.json(keysStatus(await admin.keys.list()), 200));
  };
}

/** The keys counted together and by provider. */
function keysStatus(keys: readonly KeyView[]) {
  const providers = [...new Set(keys.map(({ provider }) => provider))].map((provider) => {
    const own = keys.filter((key) => key.provider === provider);
    const { keys: _keys, ...counts } = poolViewOf(own);
    const inFlight = own.reduce((sum, key) => sum + key.inFlight, 0);
    return { provider, availability: availabilityOf(own), inFlight, ...counts };
  });
  return { ...poolViewOf(keys), providers };
}
