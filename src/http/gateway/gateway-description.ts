import { z } from '@hono/zod-openapi';
import { type Api, answer, body } from '../api.ts';

/** How every refusal of the gateway looks: as OpenAI's own. */
const errorSchema = z
  .object({
    error: z.looseObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi('GatewayError');

/** As the provider gives it, or summed up where it speaks another language. */
const usage = z.looseObject({}).nullish();
const model = z.string().max(200).optional().describe('`provider:model`, the name of a model, or `auto`.');
const modelSchema = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .openapi('GatewayModel');
const picturesSchema = z
  .looseObject({
    created: z.int(),
    data: z.array(z.looseObject({ b64_json: z.string().optional(), url: z.string().optional() })),
    usage,
  })
  .openapi('GatewayPictures');

const refusals = {
  400: 'The request, or what a provider finds wrong with it.',
  401: 'No token of a client, or a wrong one.',
  403: 'The client may not ask for this kind.',
  404: 'There is no such model or route.',
  413: 'The body is over 20 MB.',
  415: 'The body is compressed.',
  429: 'Over the client’s own rate or budget; `retry-after` says until when.',
  500: 'A mistake of the gateway; the log has it under the id of the call.',
  502: 'A provider’s failure that no other candidate could make good.',
  503: 'Nobody can answer now; `retry-after` says until when.',
  504: 'No provider answered in time.',
} as const;
const refused = Object.fromEntries(
  Object.entries(refusals).map(([status, description]) => [status, answer(errorSchema, description)]),
);

const events = { 'text/event-stream': { schema: z.string() } };
const security = [{ client: [] }];
const tags = ['gateway'];

/** What the gateway says of itself in `GET /openapi.json`: OpenAI's routes, with the parameters that it reads itself. */
export function describeGateway(api: Api): void {
  const { openAPIRegistry: registry } = api;
  registry.registerComponent('securitySchemes', 'client', { type: 'http', scheme: 'bearer' });
  const more = 'Every other parameter of OpenAI’s API goes through where the provider speaks its language.';
  registry.registerPath({
    method: 'post',
    path: '/v1/chat/completions',
    tags,
    security,
    summary: 'A conversation, whole or as server-sent events',
    description: more,
    request: {
      body: body(
        z.looseObject({
          model,
          messages: z.array(z.looseObject({ role: z.string() })).min(1),
          stream: z.boolean().nullish(),
        }),
      ),
    },
    responses: {
      200: {
        description: 'The answer; with `stream` events that end with [DONE].',
        content: {
          'application/json': {
            schema: z.looseObject({ id: z.string(), object: z.string(), choices: z.array(z.looseObject({})), usage }),
          },
          ...events,
        },
      },
      ...refused,
    },
  });
  registry.registerPath({
    method: 'post',
    path: '/v1/responses',
    tags,
    security,
    summary: 'The Responses API, at providers that have it',
    description: more,
    request: {
      body: body(
        z.looseObject({
          model,
          input: z.union([z.string(), z.array(z.looseObject({})).min(1)]),
          stream: z.boolean().nullish(),
        }),
      ),
    },
    responses: {
      200: {
        description: 'The provider’s own answer; with `stream` its events.',
        content: { 'application/json': { schema: z.looseObject({}) }, ...events },
      },
      ...refused,
    },
  });
  const prompt = z.string().min(1).max(32_000);
  const size = z.string().max(20).nullish();
  registry.registerPath({
    method: 'post',
    path: '/v1/images/generations',
    tags,
    security,
    summary: 'Pictures, as b64_json or as links',
    description: more,
    request: { body: body(z.looseObject({ model, prompt, size, n: z.int().min(1).max(10).nullish() })) },
    responses: { 200: answer(picturesSchema, 'The pictures.'), ...refused },
  });
  const file = z.string().openapi({ format: 'binary' });
  const form = z.looseObject({ model, prompt, size, image: z.union([file, z.array(file)]) });
  const named = z.looseObject({
    model,
    prompt,
    size,
    images: z.array(z.looseObject({ image_url: z.string() })).min(1),
  });
  registry.registerPath({
    method: 'post',
    path: '/v1/images/edits',
    tags,
    security,
    summary: 'Changed pictures, from a form with `image` or `image[]`, or from JSON with `images`',
    request: {
      body: {
        required: true,
        content: { 'multipart/form-data': { schema: form }, 'application/json': { schema: named } },
      },
    },
    responses: { 200: answer(picturesSchema, 'The pictures.'), ...refused },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/pictures/{id}',
    tags,
    security: [],
    summary: 'A picture that a link leads to, for an hour; its id is the only secret',
    request: { params: z.object({ id: z.string() }) },
    responses: {
      200: { description: 'The picture.', content: { 'image/*': { schema: file } } },
      404: answer(errorSchema, 'There is none, or not any more.'),
    },
  });
  registry.registerPath({
    method: 'post',
    path: '/v1/audio/speech',
    tags,
    security,
    summary: 'Words read aloud; the voice `auto` is the provider’s own',
    description: more,
    request: { body: body(z.looseObject({ model, input: prompt, voice: z.string().max(200).nullish() })) },
    responses: {
      200: { description: 'The sound.', content: { 'audio/*': { schema: file } } },
      ...refused,
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/models',
    tags,
    security,
    summary: 'The models that the client may ask for',
    responses: {
      200: answer(z.object({ object: z.literal('list'), data: z.array(modelSchema) }), 'All of them, and `auto`.'),
      401: answer(errorSchema, refusals[401]),
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/models/{model}',
    tags,
    security,
    summary: 'One model; slashes in its name are taken as they are or percent-encoded',
    request: { params: z.object({ model: z.string() }) },
    responses: {
      200: answer(modelSchema, 'It is served here.'),
      401: answer(errorSchema, refusals[401]),
      404: answer(errorSchema, refusals[404]),
    },
  });
}
