import { z } from 'zod';

const count = z.int().min(1);
const status = z.int().min(100).max(599);
const bare = <Kind extends string>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

const effectSchema = z.discriminatedUnion('kind', [
  /** 401 on every route, unless `route` limits it. */
  bare('unauthorized'),
  bare('forbidden'),
  /** 402 with the documented body. */
  bare('out-of-credit'),
  z.strictObject({ kind: z.literal('rate-limited'), retryAfterS: z.number().min(0).optional() }),
  /** 429 that names the limit, for every call beyond so many in a span of time that begins with the first of them. */
  z.strictObject({ kind: z.literal('call-window'), calls: count, perS: count }),
  /** 429 with a message about credits. */
  bare('credits-429'),
  /** 429 as if the only seat of the account were occupied. */
  bare('concurrency'),
  bare('no-model'),
  /** 200 with a non-null error. */
  z.strictObject({ kind: z.literal('error-200'), error: z.string() }),
  z.strictObject({
    kind: z.literal('status'),
    status: status.min(200),
    body: z.string().optional(),
    contentType: z.string().optional(),
  }),
  /** Never responds; the seat stays occupied. */
  bare('hang'),
  /** Delays the response; combines with another fault. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().min(0) }),
  /** The connection is cut without a response. */
  bare('cut'),
  /** The connection is cut in the middle of the response. */
  bare('truncated'),
  bare('bad-json'),
  /** The URL of the result returns 404, the first `times` times or always. */
  z.strictObject({ kind: z.literal('gone-media'), times: count.optional() }),
  /** The result is padded to this many bytes; `chunked` omits its content length. */
  z.strictObject({ kind: z.literal('big-media'), bytes: count, chunked: z.boolean().optional() }),
  bare('html-media'),
  z.strictObject({ kind: z.literal('redirect-media'), to: z.string() }),
  /** The connection is cut in the middle of the result, the first `times` times or always. */
  z.strictObject({ kind: z.literal('cut-media'), times: count.optional() }),
  /** The first half of the result, or nothing, as if that were all, the first `times` times or always. */
  z.strictObject({ kind: z.literal('half-media'), times: count.optional() }),
  z.strictObject({ kind: z.literal('empty-media'), times: count.optional() }),
  /** The result starts and never ends. */
  bare('stalled-media'),
  /** The response names this URL as the result. */
  z.strictObject({ kind: z.literal('media-url'), url: z.string() }),
  z.strictObject({ kind: z.literal('output-shape'), shape: z.enum(['array', 'object', 'data-url', 'base64']) }),
  /** The error message of a content policy. */
  z.strictObject({ kind: z.literal('refused'), status: status.min(200).optional() }),
]);

const whenSchema = z.strictObject({
  /** Hits every nth matching call. */
  every: count.optional(),
  /** Hits at most this many calls. */
  times: count.optional(),
  /** Starts this many seconds after it was set. */
  afterS: z.number().min(0).optional(),
  /** Hits a matching call with this probability, 0 to 1. */
  share: z.number().min(0).max(1).optional(),
});

export type FaultEffect = z.infer<typeof effectSchema>;
export type FaultKind = FaultEffect['kind'];

/** Returned by the gateway before a run occupies a seat. */
const gatewayKinds = [
  'unauthorized',
  'forbidden',
  'out-of-credit',
  'rate-limited',
  'call-window',
  'credits-429',
  'concurrency',
  'no-model',
] as const satisfies readonly FaultKind[];
/** Returned instead of the result of a run. */
const runFailureKinds = ['error-200', 'status', 'refused', 'cut', 'bad-json'] as const satisfies readonly FaultKind[];
/** Applied by the media host when the result is fetched. */
const mediaHostKinds = [
  'gone-media',
  'big-media',
  'html-media',
  'redirect-media',
  'cut-media',
  'half-media',
  'empty-media',
  'stalled-media',
] as const satisfies readonly FaultKind[];
/** Faults that need a result, so they cannot apply to a list. */
const mediaKinds: ReadonlySet<FaultKind> = new Set([...mediaHostKinds, 'media-url', 'output-shape'] as const);

/** The stage at which an effect applies. */
export const isGatewayFault = among(gatewayKinds);
export const isRunFailure = among(runFailureKinds);
export const isMediaHostFault = among(mediaHostKinds);

function among<Kind extends FaultKind>(kinds: readonly Kind[]) {
  const known: ReadonlySet<FaultKind> = new Set(kinds);
  return (effect: FaultEffect | undefined): effect is Extract<FaultEffect, { kind: Kind }> =>
    effect !== undefined && known.has(effect.kind);
}

export const faultSchema = z
  .strictObject({
    do: effectSchema,
    when: whenSchema.optional(),
    model: z.string().optional(),
    /** Hits only runs whose prompt contains these words. */
    prompt: z.string().min(1).optional(),
    route: z.enum(['run', 'list']).optional(),
  })
  .refine((fault) => fault.route !== 'list' || !mediaKinds.has(fault.do.kind), {
    path: ['route'],
    error: 'A list has no result: leave "route" away or choose another fault',
  });

/** One fault of one account, and when it applies. Without `when` it hits every run. */
export type BytezFault = z.infer<typeof faultSchema>;
