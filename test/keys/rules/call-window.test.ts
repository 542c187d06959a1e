import { expect, test } from 'vitest';
import { CallStarts, CallWindow, maxWindowCalls } from '../../../src/keys/rules/call-window.ts';

const day = 86_400_000;
const minute = 60_000;
const perMinute = (limit: number) => ({ limit, lengthMs: minute });
const refusedAt = (nowMs: number) => ({ nowMs, laterCalls: 0, isRefusal: true });
const answeredAt = (nowMs: number, laterCalls = 0) => ({ nowMs, laterCalls, isRefusal: false });
const startsAt = (...starts: number[]) => {
  return () => starts;
};

test('CallWindow shuts after as many calls as a refusal named, until the first of them is out of the span', () => {
  const window = new CallWindow();
  window.tell(perMinute(3), refusedAt(10_000));
  expect(window.shutUntilMs(startsAt(1_000, 2_000), 10_000)).toBeUndefined();
  expect(window.shutUntilMs(startsAt(1_000, 2_000, 9_000), 10_000)).toBe(1_000 + minute + 1_000);
  expect(window.shutUntilMs(startsAt(1_000, 2_000, 9_000), 62_000)).toBeUndefined();
});

test('CallWindow counts down what an answer says is left, and believes the next answer instead', () => {
  const window = new CallWindow();
  window.tell({ limit: 5, remaining: 2, resetsAtMs: minute }, answeredAt(0));
  window.sent(1);
  expect(window.shutUntilMs(startsAt(), 1)).toBeUndefined();
  window.sent(2);
  expect(window.shutUntilMs(startsAt(), 2)).toBe(minute);
  window.tell({ limit: 5, remaining: 3, resetsAtMs: minute }, answeredAt(3, 1));
  expect(window.shutUntilMs(startsAt(), 3)).toBeUndefined();
  window.tell({ limit: 5, remaining: 1, resetsAtMs: minute }, answeredAt(4, 1));
  expect(window.shutUntilMs(startsAt(), 4)).toBe(minute);
  window.notSent();
  expect(window.shutUntilMs(startsAt(), 5)).toBeUndefined();
});

test('CallWindow counts a window anew after its end, for as long as it was seen to last', () => {
  const window = new CallWindow();
  window.tell({ limit: 2, remaining: 1, resetsAtMs: minute }, answeredAt(0));
  for (const ms of [minute, minute + 5]) window.sent(ms);
  expect(window.shutUntilMs(startsAt(), minute + 5)).toBe(2 * minute);
});

test.each([
  ['a limit of none beside a success', { limit: 0, remaining: 0, resetsAtMs: minute }],
  ['an end that is more than a day ahead', { limit: 5, remaining: 0, resetsAtMs: 2 * day }],
  ['an end that has passed', { limit: 5, remaining: 0, resetsAtMs: -1 }],
  ['an end that is no number', { limit: 5, remaining: 0, resetsAtMs: Number.NaN }],
  ['nothing left and no end', { limit: 5, remaining: 0 }],
  ['a negative rest', { limit: 5, remaining: -1, resetsAtMs: minute }],
  ['more left than there is', { limit: 5, remaining: 9, resetsAtMs: minute }],
  ['a limit that is no number', { limit: Number.NaN, remaining: 0, resetsAtMs: minute }],
  ['a span of a success, which refused nothing', { limit: 1, lengthMs: minute }],
])('CallWindow does not believe %s', (_what, said) => {
  const window = new CallWindow();
  window.tell(said, answeredAt(0));
  expect([window.isUnknown, window.shutUntilMs(startsAt(0, 0, 0), 1)]).toEqual([true, undefined]);
});

test.each([0, -5, 1.5, Number.NaN, maxWindowCalls + 1])('CallWindow learns no limit of %s from a refusal', (limit) => {
  const window = new CallWindow();
  window.tell(perMinute(limit), refusedAt(0));
  window.tell({ limit: 5, lengthMs: 2 * 60 * minute }, refusedAt(0));
  expect(window.isUnknown).toBe(true);
});

test('CallWindow forgets what it learned after a day, when more were carried, and when an answer allows more', () => {
  const learned = () => {
    const window = new CallWindow();
    window.tell(perMinute(1), refusedAt(0));
    return window;
  };
  expect(learned().shutUntilMs(startsAt(day - 5), day - 1)).toBe(day - 5 + minute + 1_000);
  expect(learned().shutUntilMs(startsAt(day - 5), day)).toBeUndefined();
  const refuted = learned();
  refuted.carried([10, 20], 20);
  expect(refuted.shutUntilMs(startsAt(10, 20), 30)).toBeUndefined();
  const raised = learned();
  raised.tell({ limit: 50, remaining: 40, resetsAtMs: minute }, answeredAt(10));
  expect(raised.shutUntilMs(startsAt(10, 20), 30)).toBeUndefined();
});

test('CallWindow knows after a restart what it had learned, and the calls that still count', () => {
  const window = new CallWindow();
  window.tell(perMinute(2), refusedAt(0));
  const record = window.record([1, minute, minute + 5, minute + 9], 2 * minute);
  expect(record).toEqual({ limit: 2, lengthMs: minute, untilMs: day, starts: [minute + 5, minute + 9] });
  const starts = new CallStarts(record?.starts);
  expect(new CallWindow(record).shutUntilMs(() => starts.all, 2 * minute)).toBe(2 * minute + 1_005);
});

test('CallStarts takes out one refused call, and keeps no more than it needs', () => {
  const starts = new CallStarts();
  for (const ms of [1, 2, 2, 3]) starts.add(ms, false);
  starts.remove(2);
  starts.remove(9);
  expect(starts.all).toEqual([1, 2, 3]);
  for (let ms = 4; ms < 2_000; ms += 1) starts.add(ms, true);
  expect(starts.all.length).toBeLessThan(2 * maxWindowCalls);
  expect(starts.all.at(-1)).toBe(1_999);
});
