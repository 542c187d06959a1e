import type { KeyId, ProviderName } from './ids.ts';
import type { JobKind } from './kinds.ts';
import type { ModelPrice, Usage } from './provider.ts';

/** What a run cost: as its provider says, else by the model's prices, as far as its use is known. */
export function costOf(
  usage: Usage | undefined,
  price: ModelPrice | readonly ModelPrice[] | undefined,
): number | undefined {
  if (usage?.cost !== undefined) return usage.cost;
  const prices = price === undefined ? [] : 'usd' in price ? [price] : price;
  const parts = prices.map(({ usd, per }) => {
    const units = unitsOf(usage, per);
    return units === undefined ? undefined : usd * units;
  });
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => add(sum, part));
}

function add(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function unitsOf(usage: Usage | undefined, per: ModelPrice['per']): number | undefined {
  switch (per) {
    case 'call':
      return 1;
    case 'image':
      return usage?.images ?? 1;
    case 'second':
      return usage?.seconds;
    case 'million-input-tokens':
      return usage?.inputTokens === undefined ? undefined : usage.inputTokens / 1_000_000;
    case 'million-output-tokens':
      return usage?.outputTokens === undefined ? undefined : usage.outputTokens / 1_000_000;
  }
}

/** What the answered calls of one UTC day cost, for one model of a provider, kind, key and person. */
export type DayCost = {
  /** `2026-01-31` */
  readonly day: string;
  readonly provider: ProviderName;
  readonly model: string;
  readonly kind: JobKind;
  readonly keyId: KeyId;
  /** As it was called that day: `bytez #3`. */
  readonly keyName: string;
  /** 0 for people whose data was deleted. */
  readonly userId: number;
  readonly calls: number;
  /** US dollars, as far as they are known. */
  readonly usd: number;
  /** How many of the calls have no known price. */
  readonly unpriced: number;
};

/** By what spending is summed, besides the day. */
export const costGroups = ['provider', 'key', 'model', 'person', 'kind'] as const;
export type CostGroup = (typeof costGroups)[number];

/** The most that may be spent in one UTC day, in US dollars; absent is without limit. */
export type BudgetLimits = {
  readonly total: number | undefined;
  readonly perPerson: number | undefined;
  readonly ofProvider: Readonly<Record<ProviderName, number | undefined>>;
};
