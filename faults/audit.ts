import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, none, same, info } from './check.ts';
import type { Seen } from './people.ts';
import { numberIn, type Tables } from './tables.ts';

type JobRow = {
  readonly id: string;
  readonly user_id: number;
  readonly prompt: string;
  readonly state: string;
  readonly outcome: string;
  readonly given_back: number | null;
  /** Jobs of an album share their words. */
  readonly album: string | null;
};

/** Set aside because the process died three times while it was handled, as an update is that kills the process that handles it. */
const underDeaths = `state = 'set-aside' AND deaths >= 3`;
const unhandled = `SELECT count(*) AS n FROM inbox WHERE state <> 'handled' AND NOT (${underDeaths})`;

/**
 * How many updates are still to be handled and outcomes to be told: an answer that Telegram did not take is tried again for
 * a minute and a half, and an outcome that may have arrived minutes later.
 */
async function workLeft(tables: Tables): Promise<number> {
  const undelivered = `SELECT count(*) AS n FROM jobs WHERE state <> 'told'`;
  return (await numberIn(tables, unhandled)) + (await numberIn(tables, undelivered));
}

/** Longer than the bot tries to answer a command, or waits before it repeats what may have arrived. */
const maxLeftS = 400;

/** Returns how many seconds it took until nothing was left to handle or to tell; gives up in the end, and the audit tells. */
export async function untilNothingIsLeft(tables: Tables): Promise<number> {
  let seconds = 0;
  for (; seconds < maxLeftS && (await workLeft(tables)) > 0; seconds += 1) await sleep(1_000);
  return seconds;
}

export type Audited = {
  readonly tables: Tables;
  readonly dataDir: string;
  readonly logFiles: readonly string[];
  readonly secrets: readonly string[];
};

/** Compares the database with what people see, after every process has ended. */
export async function audit(audited: Audited, seen: readonly Seen[]): Promise<readonly Check[]> {
  const { tables } = audited;
  const jobs = (await tables.rows(
    `SELECT jobs.id, jobs.user_id, jobs.prompt, jobs.state, jobs.album, coalesce(jobs.outcome, '') AS outcome, credits.given_back
     FROM jobs LEFT JOIN credits ON credits.job_id = jobs.id`,
  )) as unknown as readonly JobRow[];
  const effects = async (where: string) =>
    new Set(
      (await tables.rows(`SELECT DISTINCT job_id FROM effects WHERE ${where}`)).map((row) => String(row['job_id'])),
    );
  const people = new Set(seen.map(({ userId }) => userId));
  /** Others buy what they ask for, and nobody waits for its ending. */
  const asked = jobs.filter(({ user_id }) => people.has(user_id));
  const alone = jobs.filter(({ album }) => album === null);
  const byPrompt = Map.groupBy(alone, ({ user_id, prompt }) => `${user_id} ${prompt}`);
  const jobOf = (one: Seen) => byPrompt.get(`${one.userId} ${one.prompt}`)?.[0];
  const repeated = await effects(`effect = 'message-again'`);
  /** Sent twice into the unknown, or while the chat was closed: the credit is given back and the result may be shown again. */
  const held = await effects(`effect = 'held'`);
  const unsureReceipts = await effects(`effect = 'receipt' AND note IS NULL`);
  const isResult = ({ outcome }: JobRow) => outcome.includes('"kind":"result"');

  const refused = seen.filter(({ isRefused }) => isRefused);
  const takenAfterAll = refused.filter((one) => jobOf(one) !== undefined);
  const twice = seen.filter(({ endings }) => endings > 1);
  /** Two endings are allowed only where a row records the repetition, three where the person asked for it after that. */
  const isAllowed = (one: Seen) => (isIn(held)(one) ? one.endings <= 3 : one.endings === 2 && isIn(repeated)(one));
  const stale = seen.filter(({ unfinished }) => unfinished > 0);
  const isIn = (ids: ReadonlySet<string>) => (one: Seen) => ids.has(jobOf(one)?.id ?? '');
  const isMismatch = (one: Seen) => {
    const job = jobOf(one);
    return one.pictures > 0 !== (job !== undefined && isResult(job));
  };
  const withPicture = seen.filter(({ pictures }) => pictures > 0).length;
  return [
    none(
      'requests lost (neither result nor failure message)',
      seen.filter(({ endings, isRefused }) => endings === 0 && !isRefused).length,
    ),
    info('requests refused because of the storage, and made again', refused.length),
    info('of them taken all the same: the refusal was repeated by Telegram', takenAfterAll.length),
    none('of those without an ending', takenAfterAll.filter(({ endings }) => endings === 0).length),
    same('jobs in the database, one a request', asked.length, seen.length - refused.length + takenAfterAll.length),
    none('requests with two jobs', [...byPrompt.values()].filter((same) => same.length > 1).length),
    none('jobs not delivered', jobs.filter(({ state }) => state !== 'told').length),
    none('charged without a result', jobs.filter((job) => !isResult(job) && job.given_back !== 1).length),
    none(
      'results without a charge, or given back',
      jobs.filter((job) => isResult(job) && job.given_back !== Number(held.has(job.id))).length,
    ),
    info('results that were held, and shown later', jobs.filter((job) => isResult(job) && held.has(job.id)).length),
    none(
      'charges without a job',
      await numberIn(tables, 'SELECT count(*) AS n FROM credits WHERE job_id NOT IN (SELECT id FROM jobs)'),
    ),
    same('people who see a picture, as many as results', withPicture, asked.filter(isResult).length),
    none('pictures without a result, results without a picture', seen.filter(isMismatch).length),
    none(
      'seen by another person',
      seen.reduce((sum, { elsewhere }) => sum + elsewhere, 0),
    ),
    none('seen twice', twice.filter((one) => !isAllowed(one)).length),
    info('seen twice, repeated once because it may not have arrived', twice.filter(isAllowed).length),
    none('status messages left unfinished', stale.filter((one) => !isIn(unsureReceipts)(one)).length),
    info('status messages whose sending was not confirmed', stale.filter(isIn(unsureReceipts)).length),
    none('updates not handled', await numberIn(tables, unhandled)),
    // A command whose chat hangs for a minute meets several kills.
    info(
      'commands set aside because three kills met them',
      await numberIn(tables, `SELECT count(*) AS n FROM inbox WHERE ${underDeaths}`),
    ),
    none('unfinished downloads on the disk', unfinishedFiles(audited.dataDir)),
    none('secrets in the log and on the disk', secretsIn(audited)),
  ];
}

/** How many downloads lie in the folder that have not ended. */
export function unfinishedFiles(dataDir: string): number {
  return readdirSync(join(dataDir, 'results')).filter((name) => name.endsWith('.part')).length;
}

function secretsIn({ dataDir, logFiles, secrets }: Audited): number {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:png|mp4)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = [...files, ...logFiles].map((file) => readFileSync(file).toString('latin1'));
  return secrets.filter((secret) => texts.some((text) => text.includes(secret))).length;
}
