import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type RouteGroup, answer, body, problem, problems } from '../api.ts';

const types = ['text', 'chat', 'image', 'models'] as const;
type TestType = (typeof types)[number];

export type FallbackRequest = {
  readonly provider: string;
  readonly type: TestType;
  readonly prompt: string;
  readonly model?: string;
  /** Of an answer in words. */
  readonly maxTokens?: number;
};

/** What came of a test; the trail names every call. */
export type FallbackReport =
  | { readonly kind: 'no-such-provider' | 'no-model' | 'no-token-limit' }
  | {
      readonly kind: 'tested';
      readonly success: boolean;
      readonly model: string | null;
      readonly text: string | null;
      readonly files: number | null;
      readonly models: number | null;
      /** Why there is no answer. */
      readonly error: string | null;
      readonly trail: readonly {
        readonly keyName: string;
        readonly ok: boolean;
        readonly ms: number;
        readonly blame: string | null;
        readonly reason: string | null;
        readonly detail: string | null;
      }[];
    };

const reportSchema = z
  .object({
    success: z.boolean(),
    model: z.string().nullable(),
    text: z.string().nullable(),
    files: z.int().nullable(),
    models: z.int().nullable(),
    error: z.string().nullable(),
    trail: z
      .array(
        z.object({
          keyName: z.string(),
          ok: z.boolean(),
          ms: z.int(),
          blame: z.string().nullable(),
          reason: z.string().nullable(),
          detail: z.string().nullable(),
        }),
      )
      .readonly(),
  })
  .openapi('FallbackReport');

const params = z.object({ provider: z.string() });
const responses = {
  200: answer(reportSchema, 'How it went; success is false where no key was left.'),
  ...problems({ 400: 'It is not as described.', 404: 'There is no such provider, or no model of it for this.' }),
};

const get = createRoute({
  method: 'get',
  path: '/api/{provider}/test-fallback',
  tags: ['health'],
  summary: 'A real call with the next key, and with another one when it fails; it may cost money',
  request: { params, query: z.object({ type: z.enum(types).default('text') }) },
  responses,
});

const post = createRoute({
  method: 'post',
  path: '/api/{provider}/test-fallback',
  tags: ['health'],
  summary: 'A real call with your own prompt',
  request: {
    params,
    body: body(
      z.strictObject({
        prompt: z.string().trim().min(1).max(4_096),
        model: z.string().max(200).optional(),
        maxTokens: z.int().min(1).max(100_000).optional(),
        type: z.enum(types).default('text'),
      }),
    ),
  },
  responses,
});

const usualPrompt = { text: 'Say one word.', chat: 'Say one word.', image: 'a red fox', models: '' } as const;

/** Tests the way of a call through the keys of a provider. */
export function fallbackRoutes(
  test: (request: FallbackRequest, signal: AbortSignal) => Promise<FallbackReport>,
): RouteGroup {
  return (api) => {
    api.openapi(get, async (c) => {
      const { type } = c.req.valid('query');
      const { provider } = c.req.valid('param');
      const report = await test({ provider, type, prompt: usualPrompt[type] }, c.req.raw.signal);
      return report.kind === 'tested' ? c.json(toJson(report), 200) : refusal(c, provider, report.kind);
    });
    api.openapi(post, async (c) => {
      const { provider } = c.req.valid('param');
      const { prompt, type, model, maxTokens } = c.req.valid('json');
      const own = { ...(model === undefined ? {} : { model }), ...(maxTokens === undefined ? {} : { maxTokens }) };
      const report = await test({ provider, type, prompt, ...own }, c.req.raw.signal);
      return report.kind === 'tested' ? c.json(toJson(report), 200) : refusal(c, provider, report.kind);
    });
  };
}

function toJson({ kind: _kind, ...report }: Extract<FallbackReport, { kind: 'tested' }>) {
  return report;
}

function refusal(c: Context, provider: string, kind: Exclude<FallbackReport['kind'], 'tested'>) {
  if (kind === 'no-token-limit') {
    const detail = `Cannot limit the tokens: ${provider} is not asked in OpenAI's language; leave maxTokens away`;
    return problem(c, 400, { code: kind, detail });
  }
  const detail =
    kind === 'no-model'
      ? `There is no model of ${provider} for this; name one`
      : `There is no provider "${provider}" with keys that this version can call; GET /api/keys/status lists the keys`;
  return problem(c, 404, { code: kind, detail });
}
