import { createRoute, z } from '@hono/zod-openapi';
import { type AdminApi, emptyProviders, type RaisedAlert } from '../../domain/admin-api.ts';
import type { BudgetLimits, PersonSpending, Spending } from '../../domain/costs.ts';
import type { KnownClient } from '../../domain/gateway/gateway-access.ts';
import { acceptsCalls, type KeyState } from '../../domain/key-state.ts';
import { type ChainModel, type KeyView, poolViewOf } from '../../domain/views.ts';
import type { Clock } from '../../kit/clock.ts';
import { type RouteGroup, answer, problems } from '../api.ts';
import { keysStatus } from '../routes/key-routes.ts';
import { historySchema, keyPageSchema, overviewSchema, spendingSchema } from './overview-schemas.ts';

const tags = ['dashboard'];
const pageSize = 50;
const maxPeople = 50;
const dayMs = 86_400_000;

const overview = createRoute({
  method: 'get',
  path: '/api/overview',
  tags,
  summary: 'What is going on now: lines, keys by provider, models, alerts, and what was spent today',
  responses: { 200: answer(overviewSchema, 'The state of this moment.') },
});

const keyStates = ['all', 'ready', 'cooling', 'benched', 'disabled'] as const;

const keyPage = createRoute({
  method: 'get',
  path: '/api/overview/keys',
  tags,
  summary: `Keys, ${pageSize} at a time`,
  request: {
    query: z.object({
      provider: z.string().max(40).optional(),
      state: z.enum(keyStates).default('all'),
      page: z.coerce.number().int().min(1).max(100_000).default(1),
    }),
  },
  responses: {
    200: answer(keyPageSchema, 'One page, in the order of the keys; the last one where there are fewer.'),
    ...problems({ 400: 'It is not as described.' }),
  },
});

const history = createRoute({
  method: 'get',
  path: '/api/history',
  tags,
  summary: 'What became of the requests, by the hour or, where there are more than 48 hours, by the UTC day',
  request: { query: z.object({ hours: z.coerce.number().int().min(1).max(720).default(24) }) },
  responses: {
    200: answer(historySchema, 'Spans without gaps, oldest first.'),
    ...problems({ 400: 'It is not as described.' }),
  },
});

const spending = createRoute({
  method: 'get',
  path: '/api/history/spending',
  tags,
  summary: 'What was spent in the last 30 days, by day and provider and by person',
  responses: { 200: answer(spendingSchema, 'Sums in US dollars, as far as prices are known.') },
});

export type OverviewOptions = {
  readonly admin: Pick<AdminApi, 'keys' | 'jobs' | 'alerts' | 'history' | 'spending'>;
  readonly models: () => readonly ChainModel[];
  readonly budgets: BudgetLimits;
  /** Of the gateway; absent where there is none. */
  readonly clients?: (() => readonly KnownClient[]) | undefined;
  readonly currency: string;
  readonly alertWords: (alert: RaisedAlert) => { readonly what: string; readonly advice: string };
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
};

/** What the dashboard reads: small answers however many keys, jobs and people there are. */
export function overviewRoutes(options: OverviewOptions): RouteGroup {
  const { admin, models, budgets, clients, currency, alertWords, clock } = options;
  // Of thousands of people it takes the database a while to find the one who spent most.
  const peopleToday = budgets.perPerson === undefined && clients === undefined ? 0 : 1;
  const today = remembered(clock, 5_000, () => admin.spending(clock.now(), peopleToday));
  const month = remembered(clock, 30_000, () => admin.spending(clock.now() - 29 * dayMs, maxPeople));
  const hourly = remembered(clock, 5_000, () => admin.history(24));
  const daily = remembered(clock, 30_000, () => admin.history(720));
  return (api) => {
    api.openapi(overview, async (c) => {
      const [keys, { lines, undelivered }, raised, spent] = await Promise.all([
        admin.keys.list(),
        admin.jobs.stats(),
        admin.alerts(),
        today(),
      ]);
      const { keys: _keys, providers, nextWakeMs: _wake, ...counts } = keysStatus(keys);
      const empty = new Set(emptyProviders(raised));
      const down = new Set(raised.flatMap(({ facts }) => (facts.kind === 'provider-silent' ? [facts.provider] : [])));
      return c.json(
        {
          nowMs: clock.now(),
          lines: lines.map(({ line, waiting, running }) => ({ line, waiting, running })),
          undelivered,
          keys: counts,
          providers: providers.map((status) => ({
            ...status,
            isEmpty: empty.has(status.provider),
            isDown: down.has(status.provider),
          })),
          models: models(),
          alerts: raised.map((alert) => ({
            id: alert.id,
            severity: alert.severity,
            raisedAtMs: alert.raisedAtMs,
            ...alertWords(alert),
          })),
          currency,
          spentToday: spent.days.reduce((sum, { usd }) => sum + usd, 0),
          budgets: budgetsOf(budgets, spent),
        },
        200,
      );
    });
    api.openapi(keyPage, async (c) => {
      const { provider, state, page: asked } = c.req.valid('query');
      const own = (await admin.keys.list()).filter((key) => provider === undefined || key.provider === provider);
      const { ready, cooling, benched, disabled, total: all } = poolViewOf(own);
      const fitting = own.filter((key) => state === 'all' || groupOf(key.state) === state);
      const pages = Math.max(1, Math.ceil(fitting.length / pageSize));
      const page = Math.min(asked, pages);
      const keys: readonly KeyView[] = fitting.slice((page - 1) * pageSize, page * pageSize);
      return c.json(
        { total: fitting.length, page, pages, counts: { all, ready, cooling, benched, disabled }, keys },
        200,
      );
    });
    api.openapi(history, async (c) => {
      const { hours } = c.req.valid('query');
      const read = hours === 24 ? hourly : hours === 720 ? daily : () => admin.history(hours);
      return c.json(await read(), 200);
    });
    api.openapi(spending, async (c) => {
      const [{ days, people, peopleInAll, clients: ofMonth }, { clients: ofToday }] = await Promise.all([
        month(),
        today(),
      ]);
      const sums = { days, people, peopleInAll };
      return c.json(
        clients === undefined ? sums : { ...sums, clients: clients().map(withSums(ofMonth, ofToday)) },
        200,
      );
    });
  };
}

function withSums(ofMonth: readonly PersonSpending[], ofToday: readonly PersonSpending[]) {
  return ({ number, name, lane, kinds, budgetPerDay, ratePerMinute }: KnownClient) => {
    const of = (sums: readonly PersonSpending[]) => sums.find(({ userId }) => userId === number);
    return {
      name,
      lane,
      ...(kinds === undefined ? {} : { kinds }),
      ...(budgetPerDay === undefined ? {} : { budgetPerDay }),
      ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
      spentToday: of(ofToday)?.usd ?? 0,
      calls: of(ofMonth)?.calls ?? 0,
      usd: of(ofMonth)?.usd ?? 0,
    };
  };
}

/** As `poolViewOf` counts them. */
function groupOf(state: KeyState): (typeof keyStates)[number] {
  if (acceptsCalls(state)) return 'ready';
  if (state.kind === 'probing') return 'benched';
  return state.kind === 'cooling' || state.kind === 'benched' ? state.kind : 'disabled';
}

function budgetsOf({ total, perPerson, ofProvider }: BudgetLimits, { days, people }: Spending) {
  const spentBy = (provider: string) => days.reduce((sum, day) => sum + (day.provider === provider ? day.usd : 0), 0);
  const all = days.reduce((sum, { usd }) => sum + usd, 0);
  const limits = [
    { of: 'all', spent: all, limit: total },
    ...Object.entries(ofProvider).map(([of, limit]) => ({ of, spent: spentBy(of), limit })),
    { of: 'each person', spent: people[0]?.usd ?? 0, limit: perPerson },
  ];
  return limits.flatMap(({ limit, ...budget }) => (limit === undefined ? [] : [{ ...budget, limit }]));
}

/** Reads again only after `forMs`, however many pages ask; a failure is not remembered. */
function remembered<Value>(
  clock: Pick<Clock, 'monotonicMs'>,
  forMs: number,
  read: () => Promise<Value>,
): () => Promise<Value> {
  let last: { readonly value: Promise<Value>; readonly atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last !== undefined && nowMs - last.atMs < forMs) return last.value;
    const value = read();
    const mine = (last = { value, atMs: nowMs });
    value.catch(() => {
      if (last === mine) last = undefined;
    });
    return value;
  };
}
