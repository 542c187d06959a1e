import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApi, Change, KeyAdded } from '../../domain/admin-api.ts';
import { keyId } from '../../domain/ids.ts';
import type { KeySettingsPatch } from '../../domain/key-state.ts';
import { availabilityOf, type KeyView, poolViewOf } from '../../domain/views.ts';
import { type RouteGroup, answer, body, problem, problems } from '../api.ts';
import { keySchema, keysStatusSchema } from './key-schemas.ts';

const tags = ['keys'];

const status = createRoute({
  method: 'get',
  path: '/api/keys/status',
  tags,
  summary: 'Every key with what is known of it, and what the keys of each provider are good for',
  responses: { 200: answer(keysStatusSchema, 'All keys, in their order.') },
});

const settings = {
  weight: z.number().gt(0).max(9_999),
  seats: z.int().min(1).max(1_000),
  group: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'letters, digits, _ and -'),
  label: z.string().trim().min(1).max(80),
  endsOn: z.iso.date().describe('The UTC day from which on the key is not used.'),
};

const newKeySchema = z
  .strictObject({
    provider: z.string().max(40),
    key: z.string().max(600),
    weight: settings.weight.optional(),
    seats: settings.seats.optional(),
    group: settings.group.optional(),
    label: settings.label.optional(),
    endsOn: settings.endsOn.optional(),
  })
  .openapi('NewKey');

const patchSchema = z
  .strictObject({
    do: z.enum(['wake', 'disable', 'enable']).optional(),
    weight: settings.weight.nullable().optional(),
    seats: settings.seats.nullable().optional(),
    group: settings.group.nullable().optional(),
    label: settings.label.nullable().optional(),
    endsOn: settings.endsOn.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'says nothing to change')
  .openapi('KeyPatch');

const add = createRoute({
  method: 'post',
  path: '/api/keys',
  tags,
  summary: 'Add a key: it is tested first, kept encrypted under MASTER_KEY, and used at once',
  request: { body: body(newKeySchema) },
  responses: {
    201: answer(keySchema, 'The key, as it is shown from now on.'),
    ...problems({
      400: 'It is not as described, or cannot be a key.',
      404: 'There is no such provider.',
      409: 'The key is known, or MASTER_KEY is not set.',
      422: 'The provider refuses the key: it is not kept.',
      503: 'The provider could not be asked: the key is not kept.',
    }),
  },
});

const keyParams = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, 'the id of a key') });

const patch = createRoute({
  method: 'patch',
  path: '/api/keys/{id}',
  tags,
  summary: 'Wake, disable or enable a key, or set its weight, seats, group, label or end; null takes a setting back',
  request: { params: keyParams, body: body(patchSchema) },
  responses: {
    200: answer(keySchema, 'The key as it is now.'),
    ...problems({ 400: 'It is not as described.', 404: 'There is no such key.' }),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/api/keys/{id}',
  tags,
  summary: 'Remove a key that was added while the bot ran; its calls in flight end as they will',
  request: { params: keyParams },
  responses: {
    204: { description: 'It is forgotten.' },
    ...problems({
      400: 'It is not as described.',
      404: 'There is no such key.',
      409: 'It comes from the environment, a file or a vault; the detail says from where.',
    }),
  },
});

/** Shows the keys, adds some, changes single ones and removes those that were added. */
export function keyRoutes(admin: Pick<AdminApi, 'keys'>): RouteGroup {
  const find = async (id: string) => (await admin.keys.list()).find((key) => key.id === id);
  return (api) => {
    api.openapi(status, async (c) => c.json(keysStatus(await admin.keys.list()), 200));
    api.openapi(add, async (c) => {
      const { provider, key, ...own } = c.req.valid('json');
      const added = made(await admin.keys.add({ provider, key, ...(own as Present<typeof own>) }));
      if (added.kind !== 'added') {
        const { status: code, ...said } = refusalOf(added, provider);
        return problem(c, code, said);
      }
      const shown = await find(added.id);
      if (shown === undefined) throw new Error('Cannot show the added key: the pool does not have it');
      return c.json(shown, 201);
    });
    api.openapi(patch, async (c) => {
      const { id } = c.req.valid('param');
      const { do: action, ...own } = c.req.valid('json');
      if ((await find(id)) === undefined) return problem(c, 404, unknownKey(id));
      if (Object.keys(own).length > 0) await admin.keys.set(keyId(id), own as KeySettingsPatch);
      if (action !== undefined) await admin.keys[action]([keyId(id)]);
      const shown = await find(id);
      return shown === undefined ? problem(c, 404, unknownKey(id)) : c.json(shown, 200);
    });
    api.openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const removed = made(await admin.keys.remove(keyId(id)));
      if (removed.kind === 'configured') {
        const detail = `Cannot remove the key from here: it stands in ${removed.where}; take it out there, or disable it`;
        return problem(c, 409, { code: 'configured', detail });
      }
      return removed.kind === 'removed' ? c.body(null, 204) : problem(c, 404, unknownKey(id));
    });
  };
}

/** The process that serves HTTP owns the database, so it makes every change at once. */
function made<Value>(change: Change<Value>): Value {
  if (change.kind === 'done') return change.value;
  throw new Error('Cannot change a key: the change was only requested');
}

/** What was parsed has no undefined fields, only absent ones. */
type Present<Parsed> = { [Name in keyof Parsed]: Exclude<Parsed[Name], undefined> };

function unknownKey(id: string) {
  return { code: 'no-such-key', detail: `There is no key ${id}; GET /api/keys/status lists them all` };
}

function refusalOf(added: Exclude<KeyAdded, { kind: 'added' }>, provider: string) {
  const code = added.kind;
  switch (added.kind) {
    case 'no-master-key':
      return { status: 409 as const, code, detail: 'Cannot keep a key: set MASTER_KEY, under which it is encrypted' };
    case 'no-such-provider':
      return { status: 404 as const, code, detail: `There is no provider "${provider}" that this version can call` };
    case 'known':
      return { status: 409 as const, code, detail: `The key is among those of ${provider} already` };
    case 'malformed':
      return { status: 400 as const, code, detail: `Cannot use this as a key: ${added.why}` };
    case 'refused':
      return { status: 422 as const, code, detail: `${provider} does not accept the key: ${added.reason}` };
    case 'not-tested': {
      const detail = `Cannot test the key: ${provider} could not be asked (${added.reason}); try again later`;
      return { status: 503 as const, code, detail };
    }
  }
}

/** The keys counted together and by provider. */
export function keysStatus(keys: readonly KeyView[]) {
  const providers = [...new Set(keys.map(({ provider }) => provider))].map((provider) => {
    const own = keys.filter((key) => key.provider === provider);
    const { keys: _keys, ...counts } = poolViewOf(own);
    const inFlight = own.reduce((sum, key) => sum + key.inFlight, 0);
    return { provider, availability: availabilityOf(own), inFlight, ...counts };
  });
  return { ...poolViewOf(keys), providers };
}
