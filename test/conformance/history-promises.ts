import { expect, test } from 'vitest';
import type { Outcome } from '../../src/domain/job.ts';
import { aTrail } from './call-promises.ts';
import type { MakeEngine, TimedEngine } from './engine-under-test.ts';
import { accepted, claimed, startMs } from './requests.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const result: Outcome = { kind: 'result', payload: { kind: 'text', text: 'A fox.' }, model: 'fox' };
const none = { requests: 0, answered: 0, failed: 0, cancelled: 0, callsOfAnswered: 0 };

/** A job that is accepted, begun and ended at these moments, with so many calls. */
async function past(
  engine: TimedEngine,
  updateId: number,
  at: { readonly acceptedMs: number; readonly waitMs: number; readonly tookMs: number },
  outcome: Outcome,
  calls = 1,
): Promise<void> {
  await accepted(engine.at(at.acceptedMs), { updateId });
  const { lease } = await claimed(engine.at(at.acceptedMs + at.waitMs));
  for (let call = 1; call <= calls; call += 1) await engine.queue.recordCall(lease, aTrail(call));
  await engine.at(at.acceptedMs + at.tookMs).queue.settle(lease, outcome);
}

/** What an engine promises to who looks back. */
export function historyPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} history() counts each job once, in the hour in which it was accepted, whenever it ends`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { reader } = engine;
    const later = startMs + 2 * hourMs;
    await past(engine, 1, { acceptedMs: startMs, waitMs: 1_000, tookMs: 5_000 }, result, 2);
    await past(engine, 2, { acceptedMs: startMs + 10, waitMs: 0, tookMs: hourMs }, { kind: 'failed', code: 'busy' });
    await past(engine, 3, { acceptedMs: later, waitMs: 0, tookMs: 1 }, { kind: 'cancelled' });
    await accepted(engine.at(later), { updateId: 4 });

    const before = await reader.history(later + 5, 3);
    expect(before.stepMs).toBe(hourMs);
    expect(before.spans.map(({ fromMs, requests }) => [fromMs, requests])).toEqual([
      [startMs, 2],
      [startMs + hourMs, 0],
      [later, 2],
    ]);
    expect(before.spans[1]).toEqual({ ...none, fromMs: startMs + hourMs });
    expect(before.total).toMatchObject({ requests: 4, answered: 1, failed: 1, cancelled: 1, callsOfAnswered: 2 });
    expect(before.total.wait?.p50Ms).toBeLessThanOrEqual(100);
    expect(before.total.wait?.p95Ms).toBeGreaterThanOrEqual(1_000);
    expect(before.total.wait?.p95Ms).toBeLessThanOrEqual(1_125);
    expect(before.total.untilAnswered?.p50Ms).toBeGreaterThanOrEqual(5_000);
    expect(before.total.untilAnswered?.p50Ms).toBeLessThanOrEqual(5_625);

    const { lease } = await claimed(engine.at(later + hourMs));
    await engine.queue.settle(lease, result);
    const after = await reader.history(later + hourMs, 4);
    expect(after.spans.map(({ requests, answered }) => [requests, answered])).toEqual([
      [2, 1],
      [0, 0],
      [2, 1],
      [0, 0],
    ]);
    expect(after.total).toMatchObject({ requests: 4, answered: 2, callsOfAnswered: 2 });
    expect(await reader.history(later + hourMs, 4)).toEqual(after);
  });

  test(`${name} history() of more than two days is counted by the UTC day, and older jobs are left out`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    await accepted(engine.at(startMs - 40 * dayMs), { updateId: 1 });
    await accepted(engine.at(startMs - 2 * dayMs), { updateId: 2 });
    await accepted(engine.at(startMs), { updateId: 3 });
    const { stepMs, spans, total } = await engine.reader.history(startMs + 1, 72);
    const today = Math.floor(startMs / dayMs) * dayMs;
    expect(stepMs).toBe(dayMs);
    expect(spans.map(({ fromMs, requests }) => [fromMs - today, requests])).toEqual([
      [-2 * dayMs, 1],
      [-dayMs, 0],
      [0, 1],
    ]);
    expect(total).toEqual({ ...none, requests: 2 });
  });

  test(`${name} spending() sums by day and provider, and by person, those first who cost most, clients apart`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const spend = async (updateId: number, userId: number, atMs: number, usd: number | undefined) => {
      await accepted(engine, { updateId, userId });
      const { lease } = await claimed(engine);
      const trail = { ...aTrail(1), startedAtMs: atMs };
      await engine.queue.recordCall(lease, trail);
      const ending = { kind: 'answered', ms: 1, ...(usd === undefined ? {} : { usd }) } as const;
      await engine.queue.recordCall(lease, { ...trail, ending });
      await engine.queue.settle(lease, result);
    };
    await spend(1, 7, startMs, 0.25);
    await spend(2, 8, startMs, undefined);
    await spend(3, 7, startMs + dayMs, 0.5);
    await spend(4, 9, startMs + dayMs, 0.125);
    await spend(5, 9, startMs - 5 * dayMs, 4);
    await spend(6, -1, startMs, 2);
    const range = { sinceMs: startMs, nowMs: startMs + dayMs, maxPeople: 2 };
    expect(await engine.reader.spending(range)).toEqual({
      days: [
        { day: '2026-01-01', provider: 'bytez', calls: 3, usd: 2.25, unpriced: 1 },
        { day: '2026-01-02', provider: 'bytez', calls: 2, usd: 0.625, unpriced: 0 },
      ],
      people: [
        { userId: 7, calls: 2, usd: 0.75 },
        { userId: 9, calls: 1, usd: 0.125 },
      ],
      peopleInAll: 3,
      clients: [{ userId: -1, calls: 1, usd: 2 }],
    });
    expect(await engine.reader.spending({ sinceMs: startMs, nowMs: startMs, maxPeople: 1 })).toEqual({
      days: [{ day: '2026-01-01', provider: 'bytez', calls: 3, usd: 2.25, unpriced: 1 }],
      people: [{ userId: 7, calls: 1, usd: 0.25 }],
      peopleInAll: 2,
      clients: [{ userId: -1, calls: 1, usd: 2 }],
    });
    expect(await engine.reader.spending({ sinceMs: startMs, nowMs: startMs, maxPeople: 0 })).toEqual({
      days: [{ day: '2026-01-01', provider: 'bytez', calls: 3, usd: 2.25, unpriced: 1 }],
      people: [],
      peopleInAll: 0,
      clients: [],
    });
    const later = startMs + 9 * dayMs;
    expect(await engine.reader.spending({ sinceMs: later, nowMs: later, maxPeople: 1 })).toEqual({
      days: [],
      people: [],
      peopleInAll: 0,
      clients: [],
    });
  });
}
