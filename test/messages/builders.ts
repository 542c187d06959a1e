import { keyId, jobId } from '../../src/domain/ids.ts';
import type { JobPhase, JobView, KeyView, PoolView } from '../../src/domain/views.ts';
import { failureCodes, type FailureCode, type FailureReason } from '../../src/domain/failure.ts';
import type { Outcome } from '../../src/domain/job.ts';

export function aView(change: Partial<JobView> = {}): JobView {
  return {
    id: jobId('7-1001'),
    userId: 7,
    kind: 'image',
    lane: 'free',
    prompt: 'a red fox in the snow',
    phase: { kind: 'queued', ahead: 2 },
    ageMs: 1_000,
    ...change,
  };
}

export const aResult: Outcome = {
  kind: 'result',
  model: 'stabilityai/stable-diffusion-xl-base-1.0',
  payload: { kind: 'file', file: { path: 'job.png', kind: 'image', mime: 'image/png', bytes: 10 } },
};

export function outcomeFor(code: FailureCode): Outcome {
  return code === 'cancelled' ? { kind: 'cancelled' } : { kind: 'failed', code };
}

export const reasons = Object.keys({
  rejected: 0,
  'not-entitled': 0,
  'out-of-credit': 0,
  concurrency: 0,
  'rate-limited': 0,
  'unknown-model': 0,
  'timed-out': 0,
  overloaded: 0,
  unreachable: 0,
  malformed: 0,
  'blocks-this-machine': 0,
  unrecognized: 0,
  'failed-run': 0,
  'result-unavailable': 0,
  'result-forbidden': 0,
  'result-unusable': 0,
  'result-too-large': 0,
  'bad-request': 0,
  refused: 0,
} satisfies Record<FailureReason, 0>) as FailureReason[];

/** Each phase, with each reason and each code it can carry. */
export const everyPhase: readonly JobPhase[] = [
  { kind: 'queued', ahead: 0, next: 'starts' },
  { kind: 'queued', ahead: 0, next: 'slot' },
  { kind: 'queued', ahead: 0, next: 'own-request' },
  { kind: 'queued', ahead: 0, next: 'again', inMs: 90_000 },
  { kind: 'queued', ahead: 1 },
  { kind: 'queued', ahead: 27 },
  { kind: 'paused', ahead: 0 },
  { kind: 'paused', ahead: 3, inMs: 7_000 },
  { kind: 'paused', ahead: 1, inMs: 600_000 },
  { kind: 'paused', ahead: 5, inMs: 20_000_000 },
  { kind: 'making', attempt: 1, of: 3 },
  { kind: 'making', attempt: 2, of: 3 },
  { kind: 'making', attempt: 7, of: 9 },
  ...reasons.map((after): JobPhase => ({ kind: 'retrying', after, attempt: 2, of: 3 })),
  { kind: 'delivering' },
  { kind: 'ended', outcome: aResult },
  ...failureCodes.map((code): JobPhase => ({ kind: 'ended', outcome: outcomeFor(code) })),
];

export function aKey(place: number, change: Partial<KeyView> = {}): KeyView {
  return {
    id: keyId(`id${place}`),
    name: `bytez #${place}`,
    provider: 'bytez',
    hint: 'abcd…wxyz',
    state: { kind: 'ready' },
    calls: 12,
    successes: 11,
    errors: { 'timed-out': 1 },
    consecutiveErrors: 0,
    callsToday: 5,
    day: Date.UTC(2026, 0, 1) / 86_400_000,
    meanLatencyMs: 2_140,
    p95LatencyMs: 14_800,
    successRate: 11 / 12,
    inFlight: 0,
    seats: 1,
    ...change,
  };
}

export function aPool(keys: readonly KeyView[], change: Partial<PoolView> = {}): PoolView {
  const count = (...kinds: readonly string[]) => keys.filter((key) => kinds.includes(key.state.kind)).length;
  return {
    total: keys.length,
    ready: count('ready', 'suspect', 'half-open'),
    cooling: count('cooling'),
    benched: count('benched', 'probing'),
    disabled: count('disabled'),
    keys,
    ...change,
  };
}
