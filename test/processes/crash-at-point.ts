import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { type Checkpoint, checkpoints } from '../../src/domain/job.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { type KillableApp, openKillableApp } from './killable-app.ts';
import { picturesOf, runs, until } from '../journeys/talk.ts';

/** What became of people whose request met the death of the process at one point of its life. */
export type CrashReport = {
  readonly point: Checkpoint;
  readonly kills: number;
  /** Requests without a result. */
  readonly lost: number;
  /** Results beyond the first of each request. */
  readonly twice: number;
  /** Messages that still tell of a request under way, which no status message on its way at the death explains. */
  readonly stale: number;
  /** status messages that were on their way when the process died: their message ids are unknown. */
  readonly unsure: number;
  /** Generations beyond the first of each request. */
  readonly madeAgain: number;
  /** Requests whose credit does not say what became of them. */
  readonly unbalanced: number;
  /** Requests that the ledger is not done with. */
  readonly open: number;
};

type Death = { readonly point: Checkpoint; readonly afterMs: number };

const patienceMs = 60_000;

/**
 * Kills the bot at every point of a request's life, several times each, every time a millisecond later,
 * always with a fresh request; lets it finish and answers what became of all of them.
 */
export async function crashAtEveryPoint(kills: number): Promise<readonly CrashReport[]> {
  const deaths = checkpoints.flatMap((point) => Array.from({ length: kills }, (_, afterMs) => ({ point, afterMs })));
  await using app = await openKillableApp({ latencyMs: 20, isAsleep: true });
  const asked = new Map<Death, Person>();
  for (const [index, death] of deaths.entries()) {
    const spared = jobs(app).map(({ id }) => id);
    await app.start({ ...death, spared });
    // A job on which six processes in a row die is set aside, and rightly so.
    await until(() => jobs(app).every(({ state }) => state === 'told'), patienceMs);
    const person = app.person(7 + index);
    asked.set(death, person);
    person.say(promptOf(person));
    await app.died();
  }
  await app.start();
  await until(() => jobs(app).length === deaths.length, patienceMs);
  await until(() => jobs(app).every(({ state }) => state === 'told'), patienceMs);
  await app.kill();
  return checkpoints.map((point) => {
    const people = deaths.filter((death) => death.point === point).map((death) => asked.get(death) as Person);
    return lookAt(app, people, point);
  });
}

function promptOf({ id }: Person): string {
  return `/generate for ${id}`;
}

function lookAt(app: KillableApp, people: readonly Person[], point: Checkpoint): CrashReport {
  const ids = new Set(people.map(({ id }) => id));
  const ours = jobs(app).filter(({ userId }) => ids.has(userId));
  const about = people.map((person) => fromBot(person.messages(), (one) => wordsOf(one).includes(`for ${person.id}`)));
  const pictures = people.map((person) => picturesOf(person).length);
  const made = people.map((person) => runs(app).filter(({ prompt }) => prompt === `for ${person.id}`).length);
  const unsure = ours.filter(({ isUnsure }) => isUnsure).length;
  const underWay = sum(about.map((messages) => messages.filter(({ photo }) => photo === undefined).length));
  return {
    point,
    kills: people.length,
    lost: pictures.filter((number) => number === 0).length,
    twice: beyondOne(pictures),
    stale: Math.max(0, underWay - unsure),
    unsure,
    madeAgain: beyondOne(made),
    unbalanced: people.length - ours.filter(({ isPaid }) => isPaid).length,
    open: ours.filter(({ state }) => state !== 'told').length,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function beyondOne(numbers: readonly number[]): number {
  return sum(numbers.map((number) => Math.max(0, number - 1)));
}

/** Every job as the ledger has it; none before the first process has made the ledger. */
function jobs({ dataDir }: KillableApp) {
  using stack = new DisposableStack();
  const file = join(dataDir, 'darkroom.db');
  let rows;
  try {
    const database = stack.adopt(new DatabaseSync(file, { readOnly: true, timeout: 1_000 }), (open) => open.close());
    rows = database
      .prepare(
        `SELECT jobs.id, user_id, state,
           (SELECT count(*) FROM credits WHERE job_id = jobs.id AND given_back = 0) AS paid,
           (SELECT count(*) FROM effects WHERE job_id = jobs.id AND effect = 'receipt' AND note IS NULL) AS unsure
         FROM jobs ORDER BY seq`,
      )
      .all();
  } catch {
    return [];
  }
  return rows.map((row) => ({
    id: String(row['id']),
    userId: Number(row['user_id']),
    state: String(row['state']),
    isPaid: row['paid'] === 1,
    isUnsure: row['unsure'] === 1,
  }));
}
