import type { Context } from 'hono';
import { randomUUID } from 'node:crypto';
import type { GatewayAccess, KnownClient } from '../../domain/gateway/gateway-access.ts';
import { jobId } from '../../domain/ids.ts';
import { candidateName } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { Clock } from '../../kit/clock.ts';
import type { RouteGroup } from '../api.ts';
import { type Area, type Caller, digestOf, type Halves } from '../gate.ts';
import { CallAnswerer } from './answer-call.ts';
import type { Asked } from './arrived.ts';
import { Exchange } from './exchange.ts';
import type { PictureLinks } from './picture-links.ts';
import { maxBodyBytes } from './read-body.ts';
import { describeGateway } from './gateway-description.ts';
import { gateRefusal, type Refusal } from './refusal.ts';

/** The routes of the gateway, each with what it asks for. */
const routes = {
  '/v1/chat/completions': { route: 'chat', kind: 'chat' },
  '/v1/responses': { route: 'responses', kind: 'chat' },
  '/v1/images/generations': { route: 'images', kind: 'image' },
  '/v1/images/edits': { route: 'edits', kind: 'edit' },
  '/v1/audio/speech': { route: 'speech', kind: 'speech' },
} as const satisfies Record<string, Asked>;

const kinds = ['chat', 'image', 'edit', 'speech'] as const satisfies readonly JobKind[];

export type GatewayOptions = {
  readonly access: GatewayAccess;
  readonly links: PictureLinks;
  /** Where programs reach the gateway, without `/v1`; links begin with the host that was asked when undefined. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  /** Hears errors that are bugs, with the id that the caller was told. */
  readonly onError: (error: unknown, requestId: string) => void;
};

/**
 * The part of the API that programs ask with tokens of their own; the admin's token opens nothing here. Calls are answered on
 * Node's own halves: between these and a library for routes a call would wait longer than in the whole pool.
 */
export function gatewayArea(options: GatewayOptions): Area {
  const { access, onError } = options;
  const gateway = new CallAnswerer(options);
  const answer = async (asked: Asked, digest: Buffer, { incoming, outgoing }: Halves) => {
    const id = jobId(`api-${randomUUID()}`);
    const exchange = new Exchange(outgoing, id);
    try {
      await gateway.answer({ incoming, exchange, id, asked, client: access.withDigest(digest) });
    } catch (error) {
      if (exchange.isGone) return;
      onError(error, id);
      exchange.refuse(internal(id));
    }
  };
  return {
    prefix: '/v1/',
    encodedBelow: '/v1/models/',
    digests: access.digests,
    maxBodyBytes,
    takesUnstatedLength: true,
    refusalBody: gateRefusal,
    answer: ({ method, target, letInBy }: Caller, halves) => {
      const asked = method === 'POST' ? calls.get(target.split('?', 1)[0] ?? '') : undefined;
      if (asked === undefined || letInBy === undefined) return false;
      void answer(asked, letInBy, halves);
      return true;
    },
  };
}

const calls: ReadonlyMap<string, Asked> = new Map(Object.entries(routes));

/** What is said of OpenAI's API over the keys of the pool, and the routes that only read: `/v1/models`. */
export function gatewayRoutes(access: GatewayAccess): RouteGroup {
  return (api) => {
    describeGateway(api);
    const ofCaller = (c: Context) => {
      const client = access.withDigest(digestOf(tokenIn(c.req.header('authorization'))));
      return client === undefined ? [] : modelsFor(access, client);
    };
    api.get('/v1/models', (c) => c.json({ object: 'list', data: ofCaller(c) }));
    // Names of models have slashes: `fal:fal-ai/wan`, as they are or percent-encoded.
    api.get('/v1/models/:model{.+}', (c) => {
      const name = c.req.param('model');
      const all = ofCaller(c);
      const found = all.find(({ id }) => id === name) ?? all.find(({ id }) => id.endsWith(`:${name}`));
      return found === undefined
        ? c.body(gateRefusal(404), 404, { 'content-type': 'application/json' })
        : c.json(found);
    });
    api.all('/v1/*', (c) => c.body(gateRefusal(404), 404, { 'content-type': 'application/json' }));
  };
}

function internal(id: string): Refusal {
  return {
    status: 500,
    message: `Cannot answer: the log has the reason under ${id}`,
    type: 'server_error',
    code: 'internal',
  };
}

/** The gate has checked the token; its client may have been removed since. */
function tokenIn(authorization = ''): string {
  return authorization.replace(/^Bearer /, '');
}

function modelsFor({ models }: GatewayAccess, { kinds: own }: KnownClient) {
  const asked = kinds.filter((kind) => own === undefined || own.includes(kind));
  const named = new Map(
    asked.flatMap((kind) => models(kind).map((one) => [candidateName(one), one.provider] as const)),
  );
  const auto = { id: 'auto', object: 'model', created: 0, owned_by: 'darkroom' };
  return [auto, ...[...named].map(([id, owner]) => ({ id, object: 'model', created: 0, owned_by: owner }))];
}
