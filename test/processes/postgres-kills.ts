import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { numberOf } from '../../src/storage/rows.ts';
import { accepted, oneEach, startMs } from '../conformance/requests.ts';
import { engineOf } from '../storage/postgres/a-store.ts';
import { killableServer } from '../support/postgres-server.ts';
import { type Child, startChild } from './child.ts';

export type PostgresKills = { readonly jobs: number; readonly kills: number; readonly people: number };

export type PostgresKillsReport = {
  readonly kills: number;
  /** Jobs whose end nobody was told of. */
  readonly lost: number;
  /** Jobs whose end was told twice. */
  readonly twice: number;
  /** Ends that were refused to who had the only claim. */
  readonly refused: number;
  /** Credits that do not fit their jobs. */
  readonly unbalanced: number;
  /** The most jobs that one person had running, of all moments that were looked at. */
  readonly mostRunning: number;
  /** From the first answer of a server that was started again until a job had begun, the longest. */
  readonly longestPauseMs: number;
};

const processes = 3;

/** Kills the server under processes that work on jobs, and starts it again, until every job has ended. */
export async function killPostgres({ jobs, kills, people }: PostgresKills): Promise<PostgresKillsReport> {
  await using server = await killableServer();
  await using storage = await openPostgres({ url: server.url, version: 'test' });
  const { database } = storage;
  const engine = engineOf(storage, { running: oneEach, time: { nowMs: startMs } });
  const ask = (updateId: number) => accepted(engine, { updateId, userId: 1 + (updateId % people) });
  await Promise.all(Array.from({ length: jobs }, (_, index) => ask(1 + index)));

  await using children = new AsyncDisposableStack();
  const started = Array.from({ length: processes }, () =>
    children.use(startChild('working-on-postgres.ts', server.url.reveal())),
  );
  const untilSaid = watch(started);
  const said = (word: string) => started.flatMap((child) => child.lines.filter((line) => line.startsWith(`${word} `)));
  let mostRunning = 0;
  let longestPauseMs = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    await untilSaid(() => said('ended').length >= (kill * jobs) / (kills + 1));
    mostRunning = Math.max(mostRunning, await database.read(() => busiest(database)));
    await server.kill();
    const begun = said('begun').length;
    await server.start();
    const backAtMs = performance.now();
    await untilSaid(() => said('begun').length > begun);
    longestPauseMs = Math.max(longestPauseMs, performance.now() - backAtMs);
  }
  await untilSaid(() => said('ended').length >= jobs);

  const ids = said('ended').map((line) => line.split(' ')[1]);
  const left = await database.read(() =>
    database.get(
      `SELECT count(*) AS jobs FROM jobs LEFT JOIN credits ON credits.job_id = jobs.id
       WHERE state <> 'ended' OR given_back IS NULL OR given_back = 0`,
    ),
  );
  return {
    kills,
    lost: jobs - new Set(ids).size,
    twice: ids.length - new Set(ids).size,
    refused: said('refused').length,
    unbalanced: numberOf(left, 'jobs'),
    mostRunning,
    longestPauseMs: Math.round(longestPauseMs),
  };
}

/** Waits until something is so, looking after each line of a child; rejects when a child ends. */
function watch(children: readonly Child[]): (isSo: () => boolean) => Promise<void> {
  const failing = Promise.race(children.map((child) => child.printed(Infinity)));
  // They end with the test, too.
  failing.catch(() => undefined);
  let look: () => void = () => undefined;
  for (const child of children) child.onLine(() => look());
  return async (isSo) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    look = () => (isSo() ? resolve() : undefined);
    look();
    await Promise.race([promise, failing]);
  };
}

type Database = Awaited<ReturnType<typeof openPostgres>>['database'];

function* busiest(database: Database) {
  const row = yield* database.get(
    `SELECT max(jobs) AS most FROM (SELECT count(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY turn_id) AS people`,
  );
  return numberOf(row, 'most');
}
