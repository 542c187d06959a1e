import { expect, test } from 'vitest';
import { calendarDay, utcDay } from '../../src/kit/calendar-day.ts';

const hourMs = 3_600_000;
const at = (iso: string) => Date.parse(iso);

test.each([
  ['UTC', '2026-01-01T00:00Z'],
  ['Europe/Madrid', '2025-12-31T23:00Z'],
  ['America/New_York', '2026-01-01T05:00Z'],
  ['Asia/Kathmandu', '2025-12-31T18:15Z'],
  ['Pacific/Kiritimati', '2025-12-31T10:00Z'],
])('calendarDay("%s") begins the first of January at %s', (zone, iso) => {
  const day = calendarDay(zone);
  const first = utcDay.dayOf(at('2026-01-01T00:00Z'));
  expect([day?.dayOf(at(iso) - 1), day?.dayOf(at(iso))]).toEqual([first - 1, first]);
  expect(day?.nextDayMs(at(iso) - 1)).toBe(at(iso));
  expect(day?.nextDayMs(at(iso))).toBe(at(iso) + 24 * hourMs);
});

test('a day on which clocks are changed has 23 or 25 hours', () => {
  const madrid = calendarDay('Europe/Madrid');
  const spring = at('2026-03-28T23:00Z');
  const autumn = at('2026-10-24T22:00Z');
  expect(madrid?.nextDayMs(spring)).toBe(spring + 23 * hourMs);
  expect(madrid?.nextDayMs(autumn)).toBe(autumn + 25 * hourMs);
});

test('calendarDay() gives the same value for the same zone, and none for a zone that there is not', () => {
  expect(calendarDay('Europe/Madrid')).toBe(calendarDay('Europe/Madrid'));
  expect(calendarDay('Europe/Atlantis')).toBeUndefined();
});
