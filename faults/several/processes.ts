import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../bench/quantile.ts';
import type { BytezCall } from '../../sandbox/bytez/call-log.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { deadAfterMs } from '../../src/domain/shared/processes.ts';
import { hasPostgres } from '../../test/support/postgres-server.ts';
import { audit, unfinishedFiles, untilNothingIsLeft } from '../audit.ts';
import { isForGood } from '../bot-process.ts';
import { atMost, type Check, info, none, type PartOptions, type PartReport, same } from '../check.ts';
import { People } from '../people.ts';
import { resultsDir } from '../stand-ins.ts';
import { hasFailed, providerFaults, telegramFaults } from '../storm-faults.ts';
import { numberIn, type Tables } from '../tables.ts';
import { lookedWithinMs } from '../storm.ts';
import { chatsAtOnce, telegramWindows, type WindowsSize } from '../telegram-windows.ts';
import { mostAtOnce } from './at-once.ts';
import { Disasters, type DisastersSize } from './disasters.ts';
import { Fairness } from './fairness.ts';
import { openSeveralBots, type SeveralBots } from './several-bots.ts';
import { longestSilenceMs, Watch } from './watch.ts';

export type ProcessesSize = {
  readonly processes: number;
  readonly people: number;
  /** How many of them make all their requests at once. */
  readonly eager: number;
  readonly requestsEach: number;
  /** How long the provider works on a picture. */
  readonly latencyMs: number;
  readonly disasters: DisastersSize;
  readonly withinMs: number;
  readonly windows: WindowsSize;
  /** Whether times and shares are promises: among few people, or beside other work on the machine, they say little. */
  readonly isMeasured: boolean;
};

const frozenMs = 2 * deadAfterMs;

export const fullProcesses: ProcessesSize = {
  processes: 3,
  people: 500,
  eager: 25,
  requestsEach: 20,
  latencyMs: 250,
  disasters: { kills: 20, freezes: 5, frozenMs, serverKills: 10, rollingRestarts: 2 },
  withinMs: 3_600_000,
  windows: { kindMs: [5_000, 60_000], chatMs: [5_000, 30_000], pauseMs: 20_000 },
  isMeasured: true,
};

export const shortProcesses: ProcessesSize = {
  processes: 3,
  people: 40,
  eager: 4,
  requestsEach: 6,
  latencyMs: 250,
  disasters: { kills: 3, freezes: 1, frozenMs, serverKills: 1, rollingRestarts: 0 },
  withinMs: 480_000,
  windows: { kindMs: [3_000, 6_000], chatMs: [2_000, 5_000], pauseMs: 3_000 },
  isMeasured: false,
};

const [keys, seatsPerKey, cap] = [20, 4, 2];
const maxTakeoverMs = 15_000;
const maxSilenceMs = 15_000;
/** What a dead process left is looked for a minute after each start. */
const removedWithinS = 75;
const minFairness = 0.95;

/** Requests of many people to several processes of one bot, which die, freeze and lose their database. */
export async function processes(size: ProcessesSize, { seed, progress }: PartOptions): Promise<PartReport> {
  if (!hasPostgres) return { checks: [], skipped: 'PostgreSQL is not installed (apt-get install postgresql)' };
  const random = seededRandom(seed);
  await using several = await openSeveralBots({
    processes: size.processes,
    keys,
    seatsPerKey,
    providerFaults: providerFaults(),
    telegramFaults,
    latencyMs: size.latencyMs,
    random,
    env: {
      RETRY_DELAY_S: '0.02',
      IMAGE_TIMEOUT_S: '5',
      DRAIN_S: '3',
      IMAGE_CHAIN: 'bytez:stabilityai/stable-diffusion-xl-base-1.0',
      FREE_IMAGES_PER_DAY: '100000',
      FREE_RUNNING: String(cap),
      FREE_WAITING: '40',
    },
  });
  const { telegram, tables, bots } = several;
  const people = new People({ telegram, ...size });
  const [finished, calm, ended] = [new AbortController(), new AbortController(), new AbortController()];
  const watch = new Watch({ tables, telegram, cap, signal: ended.signal });
  const fairness = new Fairness(people);
  const disasters = new Disasters({
    several,
    people,
    watch,
    size: size.disasters,
    random,
    finished: finished.signal,
    progress,
  });
  const startedMs = performance.now();
  for (const bot of bots) bot.start();
  const watching = watch.run();
  const asking = people.askAll(size.withinMs).catch((error: unknown) => progress(String(error)));
  const happening = untilTaken(tables, size.eager * size.requestsEach, finished.signal).then(() => disasters.run());
  const [, , windows] = await Promise.all([
    asking.finally(() => finished.abort()),
    happening.finally(() => calm.abort()),
    telegramWindows({
      telegram,
      size: size.windows,
      chatIds: people.ids,
      random,
      signal: calm.signal,
      onOpened: (id) => people.wonder(id),
    }),
    fairness.watch(finished.signal),
  ]);
  const seconds = (performance.now() - startedMs) / 1_000;
  progress(`all has happened after ${seconds.toFixed(0)} s`);
  // A message that is sent twice, or after the ending, arrives within this time; so does what still hangs.
  await sleep(size.windows.chatMs[1] + 5_000);
  await people.lookAtAll(lookedWithinMs);
  const waitedS = await untilNothingIsLeft(tables);
  for (let s = 0; s < removedWithinS && unfinishedFiles(several.dataDir) > 0; s += 1) await sleep(1_000);
  const codes = await Promise.all(bots.map((bot) => bot.end('SIGTERM')));
  ended.abort();
  await watching;
  const { kills, freezes, serverKills, rollingRestarts } = size.disasters;
  const ownEnds = bots.flatMap((bot) => bot.ownEnds);
  const checks: readonly Check[] = [
    info('requests', `${people.requests} of ${size.people} people in ${seconds.toFixed(0)} s`),
    info('windows of trouble by kind of method and by chat', windows),
    info('seconds until the last command was answered and the last outcome told', waitedS),
    none('requests still open when the time was up', people.requests - people.ended),
    same('processes killed', disasters.done('kill'), kills),
    same(`processes frozen for ${size.disasters.frozenMs / 1_000} s`, disasters.done('freeze'), freezes),
    same('kills of PostgreSQL and all its children', disasters.done('kill PostgreSQL'), serverKills),
    same('rolling restarts', disasters.done('rolling restart'), rollingRestarts),
    info('starts after a process ended by itself', ownEnds.length),
    none('ends after which no supervisor starts it again', ownEnds.filter(isForGood).length),
    none('processes told to end whose exit code is not 0', [...disasters.exitCodes, ...codes].filter(Boolean).length),
    ...(await audit(several, people.seen())),
    none('secrets in the tables', await secretsIn(several)),
    ...atProvider(several, watch),
    none('jobs that a process left and nobody took over', watch.leftOpen),
    ...[
      ...takeovers(watch),
      ...(await silences(several, people, watch, disasters)),
      fairness.check(minFairness),
      ...fairness.facts(),
    ].map((check) => (size.isMeasured ? check : info(check.what, check.found))),
  ];
  if (checks.some(({ holds }) => !holds)) {
    keepLogs(several, progress);
    await tellOfRows(several, people, progress);
  }
  return { checks };
}

/** What the tables know of the requests without an ending, and of those that still look open. */
async function tellOfRows({ tables }: SeveralBots, people: People, progress: PartOptions['progress']): Promise<void> {
  const open = people
    .seen()
    .filter(({ endings, unfinished, isRefused }) => unfinished > 0 || (endings === 0 && !isRefused));
  for (const { userId, prompt, endings, unfinished } of open) {
    const [row] = await tables.rows(
      `SELECT id, update_id, state, fence, crashes, owner, receipt_id, held, outcome, accepted_at_ms, ended_at_ms, told_at_ms,
         (SELECT string_agg(effect || coalesce('=' || note, ''), ' ') FROM effects WHERE job_id = jobs.id) AS effects
       FROM jobs WHERE user_id = ${userId} AND prompt = '${prompt}'`,
    );
    progress(`"${prompt}": ${endings} endings, ${unfinished} open messages, ${JSON.stringify(row ?? 'no job')}`);
  }
}

/** Resolves when so many requests were taken. */
async function untilTaken(tables: Tables, jobs: number, finished: AbortSignal): Promise<void> {
  const taken = () => numberIn(tables, 'SELECT count(*) AS n FROM jobs').catch(() => 0);
  while (!finished.aborted && (await taken()) < jobs) await sleep(250);
}

function atProvider({ bytez }: SeveralBots, watch: Watch): readonly Check[] {
  const calls = bytez.calls.filter(({ route }) => route === 'run');
  const whole = calls.filter(({ aborted }) => !aborted);
  const account = (call: BytezCall) => call.account ?? '';
  const person = (call: BytezCall) => /\bfox ([0-9]+) of night/.exec(call.prompt ?? '')?.[1] ?? '';
  return [
    info('provider calls', calls.length),
    info('of them failed', `${Math.round((100 * calls.filter(hasFailed).length) / calls.length)} %`),
    info('of them left by a process that was killed, or given up', calls.length - whole.length),
    atMost('calls of an account at once, as the provider sees them', mostAtOnce(whole, account), seatsPerKey),
    info('the same, with calls that were left', mostAtOnce(calls, account)),
    atMost('calls for a person at once, as the provider sees them', mostAtOnce(whole, person), cap),
    none('people with more running jobs than they may have', watch.overCap),
  ];
}

function takeovers(watch: Watch): readonly Check[] {
  const [killed, frozen] = [watch.taken('killed'), watch.taken('frozen')];
  return [
    info('jobs that a killed and a frozen process left running', `${killed.length}, ${frozen.length}`),
    info('until another process works on one, median', `${secondsAt([...killed, ...frozen], 0.5).toFixed(1)} s`),
    atMost('the same, p99 after kills', secondsAt(killed, 0.99), maxTakeoverMs / 1_000, ' s'),
    atMost('the same, p99 after freezes', secondsAt(frozen, 0.99), maxTakeoverMs / 1_000, ' s'),
  ];
}

async function silences(
  { tables }: SeveralBots,
  people: People,
  watch: Watch,
  { outages }: Disasters,
): Promise<readonly Check[]> {
  const rows = await tables.rows('SELECT user_id, prompt, accepted_at_ms FROM jobs');
  const requests = rows.flatMap((row) => {
    const saidAtMs = people.saidAtMs(String(row['prompt']));
    return saidAtMs === undefined
      ? []
      : [{ userId: Number(row['user_id']), saidAtMs, takenAtMs: Number(row['accepted_at_ms']) }];
  });
  const { silences: ofPollers, pollersLost } = watch;
  return [
    info('processes lost while they asked Telegram for updates', ofPollers.length),
    atMost('seconds until another one asked', Math.max(0, ...ofPollers) / 1_000, maxSilenceMs / 1_000),
    info(
      'seconds without the database',
      (outages.reduce((sum, one) => sum + one.untilMs - one.fromMs, 0) / 1_000).toFixed(1),
    ),
    atMost(
      'seconds in which no request was taken while more people waited than chats hang, for each such death, without outages',
      longestSilenceMs(requests, 1 + chatsAtOnce, { outages, pollersLost }) / 1_000,
      maxSilenceMs / 1_000,
    ),
  ];
}

/** 0 where there is no sample. */
function secondsAt(samplesMs: readonly number[], share: number): number {
  return samplesMs.length === 0 ? 0 : quantile(samplesMs, share) / 1_000;
}

async function secretsIn({ tables, secrets }: SeveralBots): Promise<number> {
  const named = await tables.rows('SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()');
  const wanted = secrets.map((secret) => `strpos(row_text, '${secret}') > 0`).join(' OR ');
  const sums = await Promise.all(
    named.map(({ name }) =>
      numberIn(
        tables,
        `SELECT count(*) AS n FROM (SELECT t::text AS row_text FROM ${String(name)} AS t) AS rows WHERE ${wanted}`,
      ),
    ),
  );
  return sums.reduce((sum, one) => sum + one, 0);
}

/** Where something was found the logs are of use afterwards. */
function keepLogs({ logFiles }: SeveralBots, progress: PartOptions['progress']): void {
  for (const file of logFiles) copyFileSync(file, join(resultsDir, `processes-${basename(file)}`));
  progress(`the logs are kept in ${resultsDir}`);
}
