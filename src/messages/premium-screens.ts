import { jobKinds, type JobKind, type Lane } from '../domain/job.ts';
import { wordsOnly } from './guide-screens.ts';
import { lines } from './phrases.ts';
import { safe } from './safe-html.ts';
import type { Screen } from './screen.ts';
import type { Voice } from './voice.ts';

/** What each lane gives, and how the person stands. */
export type PremiumFacts = {
  readonly userId: number;
  readonly lane: Lane;
  /** When premium ends; absent for those who simply have it. */
  readonly untilMs?: number | undefined;
  /** -1 is without limit, 0 is none. */
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
};

/** What a person has used of a day; -1 as a limit is without limit. */
export type DayUse = {
  readonly used: Readonly<Record<JobKind, number>>;
  readonly perDay: Readonly<Record<JobKind, number>>;
};

/** What premium changes, only where the two lanes truly differ. */
export function premiumScreen(voice: Voice, facts: PremiumFacts): Screen {
  const { running, waiting, perDay } = facts;
  const days = jobKinds
    .filter((kind) => perDay.premium[kind] !== perDay.free[kind])
    .map((kind) =>
      voice.say('premium.per-day', {
        kind,
        premium: safe(voice.say('limit.per-day', { limit: perDay.premium[kind] })),
        free: safe(voice.say('limit.per-day', { limit: perDay.free[kind] })),
      }),
    );
  return wordsOnly(
    lines(
      voice.say('premium.header'),
      voice.say('premium.goes-first'),
      running.premium === running.free ? '' : voice.say('premium.running', running),
      waiting.premium === waiting.free ? '' : voice.say('premium.waiting', waiting),
      ...days,
      `\n${standing(voice, facts)}`,
    ),
  );
}

/** How much of today is used, one line a kind. */
export function limitsWords(voice: Voice, day: DayUse): string {
  return lines(
    ...jobKinds.map((kind) => voice.say('limits.today', { kind, used: day.used[kind], limit: day.perDay[kind] })),
  );
}

function standing(voice: Voice, facts: PremiumFacts): string {
  if (facts.lane === 'free') return voice.say('premium.how', { userId: String(facts.userId) });
  if (facts.untilMs === undefined) return voice.say('premium.active-always');
  return voice.say('premium.active', { until: new Date(facts.untilMs) });
}
