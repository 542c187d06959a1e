import type { BudgetLimits } from '../domain/costs.ts';
import { isClientNumber } from '../domain/gateway/api-client.ts';
import type { Emit } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-engine.ts';
import type { Clock } from '../kit/clock.ts';

/** What one call cost, in US dollars. */
export type Spent = { readonly provider: ProviderName; readonly userId: number; readonly usd: number };

export type BudgetsOptions = {
  readonly limits: BudgetLimits;
  /** What a client may spend, by its number; present where programs may ask. */
  readonly ofClient?: ((number: number) => number | undefined) | undefined;
  readonly reader: Pick<JobReader, 'costs'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly emit: Emit;
};

const dayMs = 86_400_000;
/** From here on a budget is worth a word to the admins. */
const nearShare = 0.8;

type Level = 'near' | 'spent';

/** Opens the budgets with what was spent today before this process began; undefined where nothing is limited. */
export async function openBudgets(options: BudgetsOptions): Promise<Budgets | undefined> {
  const { total, perPerson, ofProvider } = options.limits;
  const given = [total, perPerson, ...Object.values(ofProvider)];
  if (options.ofClient === undefined && given.every((limit) => limit === undefined)) return undefined;
  const budgets = new Budgets(options);
  await budgets.load();
  return budgets;
}

/**
 * What may still be spent today. The sums are those of the ledger, kept in memory; calls under way at the same time may
 * pass a limit by what they cost. A day begins at 00:00 UTC.
 */
export class Budgets {
  readonly #options: BudgetsOptions;
  #day = -1;
  #total = 0;
  readonly #ofProvider = new Map<ProviderName, number>();
  readonly #ofPerson = new Map<number, number>();
  readonly #told = new Map<ProviderName | 'all', Level>();

  constructor(options: BudgetsOptions) {
    this.#options = options;
  }

  /** Reads what was spent today before this process began. */
  async load(): Promise<void> {
    const { reader, clock } = this.#options;
    this.#turnDay();
    for (const { provider, userId, usd } of await reader.costs(clock.now())) this.spent({ provider, userId, usd });
  }

  /** Counts what a call cost, and tells when a budget is nearly or wholly spent. */
  spent({ provider, userId, usd }: Spent): void {
    this.#turnDay();
    this.#total += usd;
    this.#ofProvider.set(provider, (this.#ofProvider.get(provider) ?? 0) + usd);
    this.#ofPerson.set(userId, (this.#ofPerson.get(userId) ?? 0) + usd);
    const { limits } = this.#options;
    this.#tell('all', this.#total, limits.total);
    this.#tell(provider, this.#ofProvider.get(provider) ?? 0, limits.ofProvider[provider]);
  }

  /** Whether nothing more may be spent at the provider today, or for this person. */
  isSpent(provider: ProviderName, userId: number): boolean {
    this.#turnDay();
    const { total = Infinity, ofProvider } = this.#options.limits;
    return (
      isReached(this.#total, total) ||
      isReached(this.#ofProvider.get(provider) ?? 0, ofProvider[provider] ?? Infinity) ||
      this.#hasSpent(userId)
    );
  }

  /** Whether this person or client may spend nothing more today. */
  isSpentBy(userId: number): boolean {
    this.#turnDay();
    return this.#hasSpent(userId);
  }

  #hasSpent(userId: number): boolean {
    const { limits, ofClient } = this.#options;
    const limit = isClientNumber(userId) ? ofClient?.(userId) : limits.perPerson;
    return limit !== undefined && isReached(this.#ofPerson.get(userId) ?? 0, limit);
  }

  /** When the next day begins. Milliseconds since 1970. */
  nextDayMs(): number {
    return (Math.floor(this.#options.clock.now() / dayMs) + 1) * dayMs;
  }

  #tell(of: ProviderName | 'all', usd: number, limit: number | undefined): void {
    if (limit === undefined || !isReached(usd, limit * nearShare)) return;
    const level: Level = isReached(usd, limit) ? 'spent' : 'near';
    const told = this.#told.get(of);
    if (told === level || told === 'spent') return;
    this.#told.set(of, level);
    this.#options.emit({ event: level === 'near' ? 'budget.near' : 'budget.spent', of, usd, limit });
  }

  #turnDay(): void {
    const day = Math.floor(this.#options.clock.now() / dayMs);
    if (day === this.#day) return;
    this.#day = day;
    this.#total = 0;
    this.#ofProvider.clear();
    this.#ofPerson.clear();
    for (const of of this.#told.keys()) this.#options.emit({ event: 'budget.renewed', of });
    this.#told.clear();
  }
}

/** Sums of cents are off by less than a millionth. */
function isReached(usd: number, limit: number): boolean {
  return usd + 1e-6 >= limit;
}
