import { takesCalls } from '../../domain/key-state.ts';
import { isoTime } from '../time-words.ts';
import type { KnownKey, KnownKeys } from './known-keys.ts';
import { countByProvider } from './provider-counts.ts';

/** Everything known of the keys, for programs: stable names, and nothing of the keys themselves. */
export function keysDocument(known: KnownKeys): object {
  const { nowMs, bot, keys, warnings, strangers } = known;
  return {
    at: isoTime(nowMs),
    bot,
    providers: countByProvider(keys),
    keys: keys.map((key) => keyDocument(key)),
    rememberedButNotConfigured: strangers,
    warnings,
  };
}

/** One key for programs. Times are milliseconds since 1970. */
export function keyDocument(key: KnownKey): object {
  const { name, provider, fingerprint, origin, state, inFlight, seats, account, health } = key;
  return {
    name,
    fingerprint: fingerprint ?? null,
    provider,
    origin: { variable: origin.variable, position: origin.position },
    state,
    takesCalls: takesCalls(state),
    inFlight,
    seats,
    account: account ?? null,
    calls: health.calls,
    callsToday: health.callsToday,
    successes: health.successes,
    successRate: health.successRate ?? null,
    errors: health.errors,
    errorsInARow: health.consecutiveErrors,
    meanLatencyMs: health.meanLatencyMs ?? null,
    p95LatencyMs: health.p95LatencyMs ?? null,
    lastUsedMs: health.lastUsedMs ?? null,
    lastError: health.lastError ?? null,
  };
}

export function writeJson(out: { write(text: string): void }, document: object): void {
  out.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
