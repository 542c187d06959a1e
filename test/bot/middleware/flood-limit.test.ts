import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AskedNow,
  type FloodDecision,
  FloodLimit,
  Pace,
  floodRules,
} from '../../../src/bot/middleware/flood-limit.ts';
import { runs } from '../../support/property-runs.ts';

const minuteMs = 60_000;

function someLimits() {
  let nowMs = 0;
  const limits = new FloodLimit({ monotonicMs: () => nowMs });
  const judge = (times: number, userId = 7, groupId?: number): readonly FloodDecision[] =>
    Array.from({ length: times }, () => limits.decide({ userId, groupId }));
  const judgeAll = (asked: readonly AskedNow[]) => asked.map((one) => limits.decide(one));
  return { judge, judgeAll, wait: (ms: number) => void (nowMs += ms) };
}

const count = (rulings: readonly FloodDecision[]) =>
  Object.fromEntries(['allow', 'notify', 'ignore'].map((name) => [name, rulings.filter((one) => one === name).length]));

const countAll = (rulings: readonly FloodDecision[]) => ({
  ...count(rulings),
  'notify-later': rulings.filter((one) => one === 'notify-later').length,
});

test('FloodLimit lets a burst through, and then as much as time gives', () => {
  const { judge, wait } = someLimits();
  expect(count(judge(20))).toEqual({ allow: 20, notify: 0, ignore: 0 });
  wait(10_000);
  expect(count(judge(6))).toEqual({ allow: 5, notify: 1, ignore: 0 });
  wait(3_600_000);
  expect(count(judge(21))).toEqual({ allow: 20, notify: 1, ignore: 0 });
});

test('FloodLimit tells a person once a minute that it was too much', () => {
  const { judge, wait } = someLimits();
  judge(20);
  expect(judge(3)).toEqual(['notify', 'ignore', 'ignore']);
  wait(1_000);
  expect(judge(2)).toEqual(['ignore', 'ignore']);
  wait(1_000);
  expect(judge(2)).toEqual(['allow', 'ignore']);
  wait(minuteMs);
  expect(count(judge(22))).toEqual({ allow: 20, notify: 1, ignore: 1 });
});

test('FloodLimit mutes a person who does not stop, for ten minutes, and then forgives', () => {
  const { judge, wait } = someLimits();
  judge(20);
  expect(count(judge(61))).toEqual({ allow: 0, notify: 1, ignore: 60 });
  for (let minutes = 0; minutes < 9; minutes += 1) {
    wait(minuteMs);
    expect(count(judge(100))).toEqual({ allow: 0, notify: 0, ignore: 100 });
  }
  wait(minuteMs);
  expect(judge(1)).toEqual(['allow']);
});

test('FloodLimit does not mute a person who asks too often but not wildly', () => {
  const { judge, wait } = someLimits();
  judge(20);
  for (let minutes = 0; minutes < 30; minutes += 1) {
    expect(count(judge(60)).notify).toBe(1);
    wait(minuteMs);
    expect(count(judge(20)).allow).toBe(20);
  }
});

test('FloodLimit minds its people one by one', () => {
  const { judge } = someLimits();
  judge(100, 7);
  expect(count(judge(20, 8))).toEqual({ allow: 20, notify: 0, ignore: 0 });
});

test('FloodLimit allows a group what Telegram allows, tells everybody else once, and mutes no person for the others', () => {
  const { judge, wait } = someLimits();
  const everybody = (times: number) =>
    Array.from({ length: times }, (_, index) => judge(1, 100 + (index % 50), -5)).flat();
  const told = { allow: 12, notify: 3, 'notify-later': 47, ignore: 138 };
  expect(countAll(everybody(200))).toEqual(told);
  wait(minuteMs);
  expect(countAll(everybody(200))).toEqual(told);
  expect(count(judge(15, 101))).toEqual({ allow: 15, notify: 0, ignore: 0 });
});

test('FloodLimit tells each of a few in a group who all ask too often', () => {
  const { judge } = someLimits();
  for (const userId of [101, 102, 103, 104]) judge(20, userId);
  expect([101, 102, 103, 104].flatMap((userId) => judge(2, userId, -5))).toEqual([
    'notify',
    'ignore',
    'notify',
    'ignore',
    'notify',
    'ignore',
    'notify-later',
    'ignore',
  ]);
});

test('FloodLimit takes everybody who wrote slowly, however late their messages arrive', () => {
  const { judgeAll } = someLimits();
  const apart = (count: number, gapMs: number) =>
    judgeAll(
      Array.from({ length: count }, (_, index) => ({ userId: 100 + index, groupId: -5, dateMs: index * gapMs })),
    );
  expect(apart(30, 40 * minuteMs).filter((one) => one === 'allow')).toHaveLength(30);
  expect(apart(20, 30_000).filter((one) => one === 'allow')).toHaveLength(20);
});

test('FloodLimit counts a flood that arrives late as a flood', () => {
  const { judgeAll } = someLimits();
  const flood = Array.from({ length: 100 }, (_, index) => ({ userId: 7, dateMs: 1_000_000 + index * 100 }));
  expect(count(judgeAll(flood)).allow).toBe(24);
});

test('FloodLimit lets no member of a group take what others need, whatever the member does', () => {
  const { judge, judgeAll, wait } = someLimits();
  const taken: FloodDecision[] = [];
  for (let second = 0; second < 600; second += 1) {
    wait(1_000);
    judge(1, 7, -5);
    judgeAll([{ userId: 7, groupId: -5, isPress: true, showsNothing: second % 2 === 0 }]);
    if (second % 20 === 0) taken.push(...judge(1, 100 + (second % 200), -5));
  }
  expect(count(taken)).toEqual({ allow: 30, notify: 0, ignore: 0 });
});

test('FloodLimit takes nothing from a group for presses that show nothing, and answers each press that it refuses', () => {
  const { judge, judgeAll } = someLimits();
  const press = (userId: number, showsNothing: boolean) => ({ userId, groupId: -5, isPress: true, showsNothing });
  expect(count(judgeAll(Array.from({ length: 20 }, () => press(7, true)))).allow).toBe(20);
  expect(count(Array.from({ length: 12 }, (_, index) => judge(1, 100 + index, -5)).flat()).allow).toBe(12);
  expect(judgeAll([press(8, false), press(9, false), press(10, false), press(11, true)])).toEqual([
    'notify',
    'notify',
    'notify',
    'allow',
  ]);
});

test('FloodLimit remembers only so many people', () => {
  const { judge } = someLimits();
  judge(20, 1);
  judge(20, 2);
  for (let id = 3; id < floodRules.maxEntries + 2; id += 1) judge(1, id);
  expect([judge(1, 1), judge(1, 2)].flat()).toEqual(['allow', 'allow']);
  judge(20, 2);
  expect(judge(1, 2)).toEqual(['ignore']);
});

test('FloodLimit never answers more than the bucket holds, nor notices twice a minute, whatever is asked when', () => {
  const step = fc.record({ waitMs: fc.nat(30_000), times: fc.integer({ min: 1, max: 80 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { judge, wait } = someLimits();
      let nowMs = 0;
      const said: { readonly atMs: number; readonly ruling: FloodDecision }[] = [];
      for (const { waitMs, times } of steps) {
        wait(waitMs);
        nowMs += waitMs;
        for (const ruling of judge(times)) said.push({ atMs: nowMs, ruling });
      }
      const at = (ruling: FloodDecision) => said.filter((one) => one.ruling === ruling).map(({ atMs }) => atMs);
      const { burst, everyMs } = floodRules.person;
      const gone = at('allow');
      for (const [index, atMs] of gone.entries()) {
        const until = gone.slice(index);
        for (const [more, laterMs] of until.entries())
          expect(more + 1).toBeLessThanOrEqual(burst + (laterMs - atMs) / everyMs + 1e-6);
      }
      const notices = at('notify');
      for (const [index, atMs] of notices.slice(1).entries()) {
        expect(atMs - (notices[index] ?? 0)).toBeGreaterThanOrEqual(floodRules.minNoticeIntervalMs);
      }
    }),
    { numRuns: runs(50) },
  );
});

test('Pace.advance() counts messages that arrive at once by the time at which they were written', () => {
  const pace = new Pace(5_000);
  expect([0, 40, 80].map((minutes) => pace.advance(5_000, minutes * minuteMs))).toEqual([
    0,
    40 * minuteMs,
    80 * minuteMs,
  ]);
});

test('Pace.advance() counts presses, which have no date, by their arrival', () => {
  const pace = new Pace(0);
  pace.advance(0, 0);
  pace.advance(0, 40 * minuteMs);
  expect(pace.advance(2_000)).toBe(40 * minuteMs + 2_000);
  expect(pace.advance(3_000, 40 * minuteMs + 3_000)).toBe(40 * minuteMs + 3_000);
});

test('Pace.advance() goes on after a date far ahead, and is not held up by it', () => {
  const pace = new Pace(0);
  pace.advance(0, 0);
  const ahead = pace.advance(1_000, 10 ** 12);
  expect(pace.advance(2_000, 2_000)).toBe(ahead);
  expect(pace.advance(12_000, 12_000)).toBe(ahead + 10_000);
});

test('Pace.advance() never lets more time pass than one of the two clocks says, and never less than before', () => {
  const step = fc.record({ waitMs: fc.nat(10_000), lagMs: fc.nat(3_000), isPress: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), (steps, skewMs) => {
      const pace = new Pace(0);
      let [writtenMs, nowMs, before] = [0, 0, 0];
      for (const { waitMs, lagMs, isPress } of steps) {
        writtenMs += waitMs;
        nowMs = Math.max(nowMs, writtenMs + lagMs);
        const passedMs = pace.advance(nowMs, isPress ? undefined : writtenMs + skewMs);
        expect(passedMs).toBeGreaterThanOrEqual(before);
        expect(passedMs).toBeLessThanOrEqual(nowMs + 2 * 3_000);
        before = passedMs;
      }
    }),
    { numRuns: runs(100) },
  );
});
