import type { JobKind, Lane } from '../../domain/kinds.ts';
import type { LaneWaits } from '../../domain/payments/lane-waits.ts';
import type { Localizer } from '../catalog.ts';
import type { OfferedKinds } from '../guide-views.ts';
import { lines } from '../phrases.ts';
import { type MessageView, safe } from '../view.ts';
import { boughtWords, laneWords, offerRows, offerWords, type ShopFacts } from './payment-views.ts';

/** What each lane allows, and the person's own premium. */
export type PremiumFacts = {
  readonly userId: number;
  readonly lane: Lane;
  /** When premium ends; absent for premium without an end. */
  readonly untilMs?: number | undefined;
  /** -1 is without limit, 0 is none. */
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** The measured waits of the two lanes; nothing is said of them when absent. */
  readonly waits?: LaneWaits;
  /** Absent where nothing is sold and nothing was bought. */
  readonly shop?: ShopFacts;
};

/** What premium changes, only where the two lanes differ. */
export function premiumView(localizer: Localizer, facts: PremiumFacts, offered: OfferedKinds): MessageView {
  const { running, waiting, perDay } = facts;
  const days = offered
    .filter((kind) => perDay.premium[kind] !== perDay.free[kind])
    .map((kind) =>
      localizer.say('premium.per-day', {
        kind,
        premium: safe(localizer.say('limit.per-day', { limit: perDay.premium[kind] })),
        free: safe(localizer.say('limit.per-day', { limit: perDay.free[kind] })),
      }),
    );
  return {
    text: lines(
      localizer.say('premium.header'),
      localizer.say('premium.goes-first'),
      facts.waits === undefined ? '' : laneWords(localizer, facts.waits, isSold(facts)),
      running.premium === running.free ? '' : localizer.say('premium.running', running),
      waiting.premium === waiting.free ? '' : localizer.say('premium.waiting', waiting),
      ...days,
      `\n${lines(ownPremium(localizer, facts), facts.shop && boughtWords(localizer, facts.shop))}`,
      facts.shop && ahead(offerWords(localizer, facts.shop, offered)),
    ),
    rows: facts.shop === undefined ? [] : offerRows(localizer, facts.shop),
  };
}

function isSold({ shop }: PremiumFacts): boolean {
  return shop?.prices !== undefined;
}

/** With an empty line before it, where there is anything. */
function ahead(words: string): string {
  return words === '' ? '' : `\n${words}`;
}

function ownPremium(localizer: Localizer, facts: PremiumFacts): string {
  const isSubscriptionSold = facts.shop?.prices?.subscription !== undefined;
  if (facts.lane === 'free')
    return isSubscriptionSold ? '' : localizer.say('premium.how', { userId: String(facts.userId) });
  if (facts.untilMs === undefined) return localizer.say('premium.active-always');
  return localizer.say('premium.active', { until: new Date(facts.untilMs) });
}
