import type { AttemptTrail } from './attempt-trail.ts';
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
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => plus(sum, part));
}

function plus(one: number | undefined, other: number | undefined): number | undefined {
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
  /** 0 for people whose data was deleted; negative for a client. */
  readonly userId: number;
  /** The client's name. */
  readonly client?: string;
  readonly calls: number;
  /** US dollars, as far as they are known. */
  readonly usd: number;
  /** How many of the calls have no known price. */
  readonly unpriced: number;
};

/** An answered call that belongs to no stored job: one of a client. */
export type CallCost = {
  /** The number of the client in the place of a person's; see `ClientNumbers`. */
  readonly userId: number;
  readonly kind: JobKind;
  readonly trail: AttemptTrail;
};

/** Adds to the costs what belongs to no stored job. */
export type CallCosts = {
  /** All of them, or none when it rejects. */
  add(costs: readonly CallCost[]): Promise<void>;
};

/** What the answered calls of one UTC day cost at one provider. */
export type DaySpending = {
  /** `2026-01-31` */
  readonly day: string;
  readonly provider: ProviderName;
  readonly calls: number;
  /** US dollars, as far as they are known. */
  readonly usd: number;
  /** How many of the calls have no known price. */
  readonly unpriced: number;
};

/** A person by number, with what their answered calls cost. */
export type PersonSpending = { readonly userId: number; readonly calls: number; readonly usd: number };

/** From the UTC day of the one moment to that of the other, with at most so many people; with 0 nobody is read or counted. */
export type SpendingRange = { readonly sinceMs: number; readonly nowMs: number; readonly maxPeople: number };

export type Spending = {
  readonly days: readonly DaySpending[];
  /** Those who cost most, at most as many as were asked for. */
  readonly people: readonly PersonSpending[];
  /** How many people there are in all; those whose data was deleted count as one. */
  readonly peopleInAll: number;
  /** The clients of the gateway by number, all of them. */
  readonly clients: readonly PersonSpending[];
};

/** By what spending is summed, besides the day. */
export const costGroups = ['provider', 'key', 'model', 'person', 'kind'] as const;
export type CostGroup = (typeof costGroups)[number];

export type CostSum = { readonly calls: number; readonly usd: number; readonly unpriced: number };

const nothing: CostSum = { calls: 0, usd: 0, unpriced: 0 };

/** What was spent in the last days, as one JSON document and as text. */
export type CostReport = {
  readonly since: string;
  readonly currency: string;
  readonly total: CostSum;
  readonly days: readonly (CostSum & { readonly day: string })[];
  readonly group: CostGroup;
  readonly by: readonly (CostSum & { readonly name: string })[];
};

/** Sums what was spent by day and by one more thing, dearest first. */
export function costReport(
  rows: readonly DayCost[],
  group: CostGroup,
  { since, currency }: Pick<CostReport, 'since' | 'currency'>,
): CostReport {
  const days = summed(rows, ({ day }) => day).map(([day, sum]) => ({ day, ...sum }));
  const by = summed(rows, (row) => nameOf(row, group)).map(([name, sum]) => ({ name, ...sum }));
  return {
    since,
    currency,
    total: rows.reduce(add, nothing),
    days: days.toSorted((one, other) => (one.day < other.day ? -1 : 1)),
    group,
    by: by.toSorted((one, other) => other.usd - one.usd || other.calls - one.calls),
  };
}

function nameOf({ provider, keyName, model, userId, kind, client }: DayCost, group: CostGroup): string {
  switch (group) {
    case 'provider':
      return provider;
    case 'key':
      return keyName;
    case 'model':
      return `${provider}:${model}`;
    case 'person':
      if (client !== undefined) return `client ${client}`;
      return userId === 0 ? 'forgotten people' : String(userId);
    case 'kind':
      return kind;
  }
}

function summed(rows: readonly DayCost[], nameOf: (row: DayCost) => string): readonly (readonly [string, CostSum])[] {
  const sums = new Map<string, CostSum>();
  for (const row of rows) sums.set(nameOf(row), add(sums.get(nameOf(row)) ?? nothing, row));
  return [...sums];
}

function add(one: CostSum, { calls, usd, unpriced }: CostSum): CostSum {
  return { calls: one.calls + calls, usd: one.usd + usd, unpriced: one.unpriced + unpriced };
}

/** The most that may be spent in one UTC day, in US dollars; absent is without limit. */
export type BudgetLimits = {
  readonly total: number | undefined;
  readonly perPerson: number | undefined;
  readonly ofProvider: Readonly<Record<ProviderName, number | undefined>>;
};
