import type { BudgetLimits } from '../domain/costs.ts';
import { isClientNumber } from '../domain/gateway/api-client.ts';
import type { Emit } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-engine.ts';
import type { Sharing } from '../keys/shared/sharing.ts';
import { type Clock, every } from '../kit/clock.ts';

/** What one call cost, in US dollars. */
export type Spent = { readonly provider: ProviderName; readonly userId: number; readonly usd: number };

export type BudgetsOptions = {
  readonly limits: BudgetLimits;
  /** What a client may spend, by its number; present where programs may ask. */
  readonly ofClient?: ((number: number) => number | undefined) | undefined;
  readonly reader: Pick<JobReader, 'costs'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly emit: Emit;
  /** Absent where one process spends. */
  readonly sharing?: Pick<Sharing, 'tell' | 'onNews'> | undefined;
};

/** What other processes spent while they could not tell it is read this often. */
const readEveryMs = 60_000;

const dayMs = 86_400_000;
/** From here on a budget is worth a word to the admins. */
const nearShare = 0.8;

type Level = 'near' | 'spent';

/** Opens the budgets with what was spent today before this process began; undefined where nothing is limited. */
export async function openBudgets(options: BudgetsOptions & { readonly clock: Clock }): Promise<Budgets | undefined> {
  const { total, perPerson, ofProvider } = options.limits;
  const given = [total, perPerson, ...Object.values(ofProvider)];
  if (options.ofClient === undefined && given.every((limit) => limit === undefined)) return undefined;
  const budgets = new Budgets(options);
  await budgets.load();
  if (options.sharing !== undefined) budgets.follow(options.sharing, options.clock);
  return budgets;
}

/**
 * What may still be spent today, by all processes together. The sums are those of the ledger, kept in memory; calls under
 * way at the same time may pass a limit by what they cost. A day begins at 00:00 UTC.
 */
export class Budgets implements Disposable {
  readonly #options: BudgetsOptions;
  #day = -1;
  #total = 0;
  readonly #ofProvider = new Map<ProviderName, number>();
  readonly #ofPerson = new Map<number, number>();
  readonly #told = new Map<ProviderName | 'all', Level>();
  readonly #following = new DisposableStack();

  constructor(options: BudgetsOptions) {
    this.#options = options;
  }

  /**
   * Reads what was spent today. What was counted here and is not in the ledger yet stays counted: of both sums the higher
   * one holds.
   */
  async load(): Promise<void> {
    const { reader, clock } = this.#options;
    this.#turnDay();
    const day = this.#day;
    const rows = await reader.costs(clock.now());
    this.#turnDay();
    if (day !== this.#day) return;
    const sumOf = (some: readonly { readonly usd: number }[]) => some.reduce((sum, { usd }) => sum + usd, 0);
    this.#total = Math.max(this.#total, sumOf(rows));
    for (const [userId, some] of Map.groupBy(rows, (row) => row.userId)) {
      this.#ofPerson.set(userId, Math.max(this.#ofPerson.get(userId) ?? 0, sumOf(some)));
    }
    for (const [provider, some] of Map.groupBy(rows, (row) => row.provider)) {
      this.#ofProvider.set(provider, Math.max(this.#ofProvider.get(provider) ?? 0, sumOf(some)));
      this.#tellOf(provider);
    }
  }

  /** From now on what other processes spend is counted too. */
  follow(sharing: Pick<Sharing, 'onNews'>, clock: Clock): void {
    const load = () => {
      this.load().catch((error: unknown) => {
        this.#options.emit({ event: 'app.error', what: 'read what was spent today', error });
      });
    };
    this.#following.use(every(clock, readEveryMs, load));
    this.#following.use(
      sharing.onNews((news) => {
        if (news.kind === 'spent') this.#count(news);
        if (news.kind === 'missed') load();
      }),
    );
  }

  /** Counts what a call of this process cost, and tells when a budget is nearly or wholly spent. */
  spent(cost: Spent): void {
    this.#count(cost);
    this.#options.sharing?.tell({ kind: 'spent', ...cost });
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #count({ provider, userId, usd }: Spent): void {
    this.#turnDay();
    this.#total += usd;
    this.#ofProvider.set(provider, (this.#ofProvider.get(provider) ?? 0) + usd);
    this.#ofPerson.set(userId, (this.#ofPerson.get(userId) ?? 0) + usd);
    this.#tellOf(provider);
  }

  #tellOf(provider: ProviderName): void {
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
