const dayMs = 86_400_000;
/** Days begin, and clocks are changed, at a quarter of an hour in every zone. */
const stepMs = 900_000;

/** Counts days as people of a time zone do. */
export type CalendarDay = {
  readonly zone: string;
  /** The day of a moment, counted since 1970. */
  readonly dayOf: (nowMs: number) => number;
  /** When the day after that of the moment begins. */
  readonly nextDayMs: (nowMs: number) => number;
};

const made = new Map<string, CalendarDay>();

/** The days of a zone of the IANA list; undefined when there is no such zone. The same zone gives the same value. */
export function calendarDay(zone: string): CalendarDay | undefined {
  const known = made.get(zone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  } catch {
    return undefined;
  }
  const isUtc = zone === 'UTC';
  let last = { step: Number.NaN, day: 0 };
  const dayOf = (nowMs: number): number => {
    if (isUtc) return Math.floor(nowMs / dayMs);
    const step = Math.floor(nowMs / stepMs);
    // Formatting takes microseconds, and most questions are about the same quarter of an hour.
    if (step !== last.step)
      last = { step, day: Math.floor(Date.parse(`${format.format(step * stepMs)}T00:00Z`) / dayMs) };
    return last.day;
  };
  const nextDayMs = (nowMs: number): number => {
    const today = dayOf(nowMs);
    let ms = (Math.floor(nowMs / stepMs) + 1) * stepMs;
    while (dayOf(ms) === today) ms += stepMs;
    return ms;
  };
  const day: CalendarDay = { zone, dayOf, nextDayMs };
  made.set(zone, day);
  return day;
}

const utc = calendarDay('UTC');
if (utc === undefined) throw new Error('Cannot count days: this Node knows no UTC');

/** The days of UTC. */
export const utcDay: CalendarDay = utc;
