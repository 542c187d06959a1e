import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StarTransaction } from 'grammy/types';
import { type Check, info, none, same } from './check.ts';
import type { SandboxedBot } from './sandboxed-bot.ts';
import { pack, type StarBuyers } from './star-buyers.ts';

type PaymentRow = {
  readonly charge_id: string;
  readonly user_id: number;
  readonly stars: number;
  readonly state: string;
  readonly results: number;
  readonly results_left: number;
  readonly results_taken_back: number;
  readonly is_told: number;
};

/** How many of Telegram's transactions are not followed yet, and of payments not told or not refunded. */
export function starsLeft({ dataDir, telegram }: Pick<SandboxedBot, 'dataDir' | 'telegram'>): number {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  const rows = paymentsIn(database);
  const unfinished = rows.filter(({ is_told, state }) => is_told === 0 || state === 'refunding');
  return unfinished.length + astray(rows, telegram.transactions);
}

/** Compares the payments in the database with the stand-in's own list of transactions, after the bot has ended. */
export function auditStars({ dataDir, telegram }: SandboxedBot, buyers: StarBuyers): readonly Check[] {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  const rows = paymentsIn(database);
  const number = (sql: string) => Number(database.prepare(sql).get()?.['n'] ?? 0);
  const sum = (read: (row: PaymentRow) => number) => rows.reduce((total, row) => total + read(row), 0);
  const { charged, refunded } = starsOf(telegram.transactions);
  const { bought, unheard, repeats, albums, edits } = buyers.counts;
  const used = number('SELECT sum(results) AS n FROM pack_uses WHERE given_back = 0');
  const [left, takenBack] = [sum((row) => row.results_left), sum((row) => row.results_taken_back)];
  return [
    info('packs bought', `${bought} in ${buyers.ids.length} chats, ${unheard} only in the list, ${repeats} told again`),
    info('albums and changed pictures that buyers asked for', `${albums}, ${edits}`),
    ...auditPictures(database, buyers),
    info('results used + left + taken back', `${used} + ${left} + ${takenBack}`),
    same(
      'every Star accounted for: Stars in Telegram’s list',
      sum(({ stars }) => stars),
      charged,
    ),
    same(
      'Stars refunded',
      sum(({ stars, state }) => (state === 'refunded' ? stars : 0)),
      refunded,
    ),
    none('charges lost, credited twice or in another state than at Telegram', astray(rows, telegram.transactions)),
    same(
      'results sold, as many as were paid for',
      sum(({ results }) => results),
      (charged / pack.stars) * pack.results,
    ),
    same(
      'results sold = used + left + taken back',
      used + left + takenBack,
      sum(({ results }) => results),
    ),
    same(
      'results used, as many as pictures that packs have paid',
      used,
      number(
        `SELECT count(*) AS n FROM jobs JOIN credits ON credits.job_id = jobs.id
         WHERE credits.pack_results > 0 AND given_back = 0 AND outcome LIKE '%"kind":"result"%'`,
      ),
    ),
    none('payments of which their person was not told', rows.filter((row) => row.is_told === 0).length),
  ];
}

type MadeRow = { readonly user_id: number; readonly made: number; readonly certain: number; readonly most: number };

/** What was made for buyers, albums and changed pictures among it, against what they see. */
function auditPictures(database: DatabaseSync, buyers: StarBuyers): readonly Check[] {
  const rows = database
    .prepare(
      `WITH own AS (
         SELECT jobs.*, coalesce(album, id) AS shown_as FROM jobs WHERE outcome LIKE '%"kind":"result"%'
       ), again AS (
         SELECT shown_as, count(*) AS times FROM effects JOIN own ON own.id = effects.job_id
         WHERE effect IN ('message-again', 'album-again', 'held') GROUP BY shown_as
       )
       SELECT user_id, count(*) AS made, sum(again.times IS NULL) AS certain, sum(1 + 2 * coalesce(again.times, 0)) AS most
       FROM own LEFT JOIN again USING (shown_as) GROUP BY user_id`,
    )
    .all() as unknown as readonly MadeRow[];
  const shown = buyers.shown();
  const of = new Map(rows.map((row) => [row.user_id, row]));
  const each = [...shown].map(([id, seen]) => ({ seen, ...(of.get(id) ?? { made: 0, certain: 0, most: 0 }) }));
  const number = (sql: string) => Number(database.prepare(sql).get()?.['n'] ?? 0);
  return [
    info(
      'pictures made for buyers, of them in albums, changed ones',
      [
        each.reduce((sum, { made }) => sum + made, 0),
        number(`SELECT count(*) AS n FROM jobs WHERE album IS NOT NULL AND outcome LIKE '%"kind":"result"%'`),
        number(`SELECT count(*) AS n FROM jobs WHERE kind = 'edit' AND outcome LIKE '%"kind":"result"%'`),
      ].join(', '),
    ),
    none(
      'pictures made for buyers that they do not see',
      each.reduce((sum, one) => sum + Math.max(0, one.certain - one.seen), 0),
    ),
    none(
      'pictures that buyers see more often than was repeated',
      each.reduce((sum, one) => sum + Math.max(0, one.seen - one.most), 0),
    ),
  ];
}

function paymentsIn(database: DatabaseSync): readonly PaymentRow[] {
  return database.prepare('SELECT * FROM payments').all() as unknown as readonly PaymentRow[];
}

function starsOf(transactions: readonly StarTransaction[]): { readonly charged: number; readonly refunded: number } {
  const total = (those: readonly StarTransaction[]) => those.reduce((sum, { amount }) => sum + amount, 0);
  return {
    charged: total(transactions.filter(({ source }) => source !== undefined)),
    refunded: total(transactions.filter(({ receiver }) => receiver !== undefined)),
  };
}

/** Charges that have not exactly one payment of the same person, amount and state, and payments without a charge. */
function astray(rows: readonly PaymentRow[], transactions: readonly StarTransaction[]): number {
  const byCharge = Map.groupBy(rows, ({ charge_id }) => charge_id);
  const charges = transactions.filter(({ source }) => source !== undefined);
  const refunded = new Set(transactions.filter(({ receiver }) => receiver !== undefined).map(({ id }) => id));
  const wrong = charges.filter(({ id, amount, source }) => {
    const [row, ...more] = byCharge.get(id) ?? [];
    const userId = source?.type === 'user' ? source.user.id : undefined;
    if (row === undefined || more.length > 0) return true;
    const state = refunded.has(id) ? 'refunded' : 'credited';
    return row.stars !== amount || row.user_id !== userId || row.state !== state;
  });
  const known = new Set(charges.map(({ id }) => id));
  return wrong.length + rows.filter(({ charge_id }) => !known.has(charge_id)).length;
}
