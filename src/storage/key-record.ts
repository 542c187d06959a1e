import { z } from 'zod';
import { type FailureReason, failureTraits } from '../domain/failure.ts';
import { keyId } from '../domain/ids.ts';
import type { KeyHealth } from '../domain/key-health.ts';
import type { KeyState } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import { isProviderName } from '../domain/provider-name.ts';
import { fromJson } from './from-json.ts';

const id = z.string().transform(keyId);
const failureReason = z.enum(Object.keys(failureTraits) as FailureReason[]);
const benchReason = z.enum(['rejected', 'out-of-credit']);
const coolReason = z.enum(['rate-limited', 'concurrency', 'timed-out', 'fails-alone']);
const bench = { reason: benchReason, times: z.number(), confirmed: z.boolean() };

const keyState: z.ZodType<KeyState> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('suspect'), reason: failureReason, sinceMs: z.number() }),
  z.object({
    kind: z.literal('cooling'),
    sinceMs: z.number(),
    untilMs: z.number(),
    reason: coolReason,
    stated: z.boolean(),
  }),
  z.object({ kind: z.literal('half-open'), after: z.union([coolReason, benchReason]), times: z.number() }),
  z.object({ kind: z.literal('benched'), ...bench, probeAtMs: z.number() }),
  z.object({ kind: z.literal('probing'), ...bench }),
  z.object({ kind: z.literal('disabled') }),
]);

const unknownHealth: KeyHealth = {
  calls: 0,
  successes: 0,
  errors: {},
  consecutiveErrors: 0,
  callsToday: 0,
  day: 0,
};

const keyHealth: z.ZodType<KeyHealth> = z.object({
  calls: z.number(),
  successes: z.number(),
  errors: z.partialRecord(failureReason, z.number()),
  consecutiveErrors: z.number(),
  callsToday: z.number(),
  day: z.number(),
  successRate: z.number().exactOptional(),
  meanLatencyMs: z.number().exactOptional(),
  p95LatencyMs: z.number().exactOptional(),
  lastUsedMs: z.number().exactOptional(),
  lastError: z.object({ reason: failureReason, atMs: z.number() }).exactOptional(),
});

/** One remembered key as it stands in its column; counters that make no sense are begun anew, the rest must be right. */
export const keyRecord: z.ZodType<KeyRecord, string> = z
  .string()
  .transform(fromJson)
  .pipe(
    z.object({
      id,
      provider: z.string().refine(isProviderName),
      name: z.string(),
      savedAtMs: z.number(),
      state: keyState,
      limitedInARow: z.number(),
      seats: z.object({
        limit: z.number(),
        ceiling: z.object({ seats: z.number(), tryAtMs: z.number(), holdMs: z.number() }).exactOptional(),
      }),
      account: id.exactOptional(),
      inFlight: z.number(),
      health: keyHealth.catch(unknownHealth),
    }),
  );
