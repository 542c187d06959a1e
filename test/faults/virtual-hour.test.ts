import { expect, test } from 'vitest';
import { alive } from '../../faults/heap.ts';
import { slopeOf } from '../../faults/slope.ts';
import { shortHour, virtualHour } from '../../faults/virtual-hour.ts';
import { openVirtualApp, type VirtualApp } from '../../faults/virtual-app.ts';
import type { Lane } from '../../src/domain/kinds.ts';
import type { Random } from '../../src/kit/backoff.ts';
import type { VirtualClock } from '../../src/kit/virtual-clock.ts';

const quiet = { seed: 5, progress: () => undefined };

test('after two minutes of requests, cancellations and failures every resource is as before', async () => {
  const { checks } = await virtualHour(shortHour, quiet);
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  expect(checks.find(({ what }) => what === 'jobs that ended')?.found).toBeGreaterThan(100);
});

test('timers and signals that leak are found', async () => {
  const left: AbortSignal[] = [];
  const open = async (clock: VirtualClock, random: Random): Promise<VirtualApp> => {
    const app = await openVirtualApp(clock, random);
    return {
      provider: app.provider,
      errors: app.errors,
      get ended() {
        return app.ended;
      },
      ask: (request: number, userId: number, lane: Lane) => {
        clock.schedule(1e12, () => undefined);
        left.push(new AbortController().signal);
        return app.ask(request, userId, lane);
      },
      cancel: (request: number, userId: number) => app.cancel(request, userId),
      leased: () => app.leased(),
      open: () => app.open(),
      [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    };
  };
  const { checks } = await virtualHour({ minutes: 1 }, { ...quiet, open });
  expect(checks.filter(({ holds }) => !holds).map(({ what }) => what)).toEqual([
    'timers at rest',
    'abort signals alive at rest',
    'timers after the app was closed',
  ]);
  expect(left.length).toBeGreaterThan(0);
});

test('alive() counts the reachable objects of a class', () => {
  class Held {
    readonly by = 'somebody';
  }
  const held = [new Held(), new Held(), new Held()];
  expect(alive(Held)).toBe(3);
  held.pop();
  expect(alive(Held)).toBe(held.length);
});

test('slopeOf() is the slope of the least-squares line', () => {
  const points = [0, 1, 2, 3].map((x) => ({ x, y: 7 + 2 * x + (x % 2 === 0 ? 0.5 : -0.5) }));
  expect(slopeOf(points)).toBeCloseTo(1.8);
});
