import type { SendPace, SendPlaces } from '../../src/domain/shared/send-places.ts';
import type { Clock } from '../../src/kit/clock.ts';

const minuteMs = 60_000;

/** The places of all chats in memory. */
export function memoryPlaces(clock: Pick<Clock, 'monotonicMs'>): { take: SendPlaces['take'] } {
  const rows = new Map<SendPace['place'], { fullAtMs: number; shownMs: number[] }>();
  return {
    take: async ({ place, messages, burst, everyMs, perMinute, isUrgent }) => {
      const nowMs = clock.monotonicMs();
      const row = rows.get(place) ?? { fullAtMs: nowMs, shownMs: [] };
      rows.set(place, row);
      const first = perMinute === undefined ? undefined : row.shownMs.at(messages - 1 - perMinute);
      const waitMs = Math.max(
        isUrgent ? 0 : row.fullAtMs - (burst - 1) * everyMs - nowMs,
        (first ?? -Infinity) + minuteMs - nowMs,
        0,
      );
      if (waitMs > 0) return waitMs;
      row.fullAtMs = Math.min(Math.max(row.fullAtMs, nowMs) + messages * everyMs, nowMs + burst * everyMs);
      row.shownMs.push(...Array.from({ length: messages }, () => nowMs));
      row.shownMs.splice(0, row.shownMs.length - (perMinute ?? 0));
      return 0;
    },
  };
}
