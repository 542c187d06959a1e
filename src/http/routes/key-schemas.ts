import { z } from '@hono/zod-openapi';

const ms = z.number();

const errorsByReason = z.record(z.string(), z.int().optional()).readonly();

const keyStateSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('ready') }),
    z.object({ kind: z.literal('suspect'), reason: z.string(), sinceMs: ms }),
    z.object({ kind: z.literal('cooling'), reason: z.string(), sinceMs: ms, untilMs: ms, stated: z.boolean() }),
    z.object({ kind: z.literal('half-open'), after: z.string(), times: z.int() }),
    z.object({
      kind: z.literal('benched'),
      reason: z.enum(['rejected', 'out-of-credit']),
      probeAtMs: ms,
      times: z.int(),
      confirmed: z.boolean(),
    }),
    z.object({
      kind: z.literal('probing'),
      reason: z.enum(['rejected', 'out-of-credit']),
      times: z.int(),
      confirmed: z.boolean(),
    }),
    z.object({ kind: z.literal('disabled'), ended: z.literal(true).optional() }),
  ])
  .openapi('KeyState');

/** `KeyView`: one key with what is known of it, never the key itself. */
export const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    provider: z.string(),
    hint: z.string(),
    label: z.string().optional(),
    state: keyStateSchema,
    inFlight: z.int(),
    seats: z.int(),
    account: z.string().optional(),
    keyless: z.literal(true).optional(),
    isAdded: z.literal(true).optional(),
    endsOn: z.string().optional(),
    balance: z.object({ amount: z.number(), unit: z.string(), atMs: ms }).optional(),
    calls: z.int(),
    successes: z.int(),
    errors: errorsByReason,
    consecutiveErrors: z.int(),
    callsToday: z.int(),
    day: z.int(),
    successRate: z.number().optional(),
    meanLatencyMs: z.number().optional(),
    p95LatencyMs: z.number().optional(),
    lastUsedMs: ms.optional(),
    lastError: z.object({ reason: z.string(), atMs: ms }).optional(),
  })
  .openapi('Key');

/** `Availability`: what the keys of one provider are good for. */
export const availabilitySchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('taking') }),
    z.object({ kind: z.literal('probing'), untilMs: ms.optional() }),
    z.object({ kind: z.literal('cooling'), untilMs: ms }),
    z.object({ kind: z.literal('benched'), reason: z.enum(['rejected', 'out-of-credit']), probeAtMs: ms.optional() }),
    z.object({ kind: z.literal('no-keys') }),
  ])
  .openapi('Availability');

export const providerStatusSchema = z
  .object({
    provider: z.string(),
    availability: availabilitySchema,
    total: z.int(),
    ready: z.int(),
    cooling: z.int(),
    benched: z.int(),
    disabled: z.int(),
    inFlight: z.int(),
    nextWakeMs: ms.optional(),
  })
  .openapi('ProviderStatus');

export const keysStatusSchema = z
  .object({
    total: z.int(),
    ready: z.int(),
    cooling: z.int(),
    benched: z.int(),
    disabled: z.int(),
    nextWakeMs: ms.optional(),
    providers: z.array(providerStatusSchema).readonly(),
    keys: z.array(keySchema).readonly(),
  })
  .openapi('KeysStatus');
