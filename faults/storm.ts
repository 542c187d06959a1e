import { seededRandom } from '../sandbox/seeded-random.ts';
import { audit, untilNothingIsLeft } from './audit.ts';
import { isForGood } from './bot-process.ts';
import { type PartReport, type PartOptions, same, info, none } from './check.ts';
import { diskWindows, type DiskWindowsSize } from './disk-windows.ts';
import { telegramWindows, type WindowsSize } from './telegram-windows.ts';
import { People } from './people.ts';
import { auditStars, starsLeft } from './audit-stars.ts';
import { openSandboxedBot, type SandboxedBot } from './sandboxed-bot.ts';
import { buyersEnv, StarBuyers } from './star-buyers.ts';
import { hasFailed, providerFaults, telegramFaults } from './storm-faults.ts';
import { fileTables } from './tables.ts';

export type StormSize = {
  readonly people: number;
  readonly requestsEach: number;
  readonly kills: number;
  /** How many more people buy packs in Telegram Stars, and how many each. */
  readonly buyers: number;
  readonly packsEach: number;
  readonly withinMs: number;
  readonly windows: WindowsSize;
  readonly diskWindows: DiskWindowsSize;
};

const fullWindows: WindowsSize = { kindMs: [5_000, 60_000], chatMs: [5_000, 30_000], pauseMs: 20_000 };
const fullDiskWindows: DiskWindowsSize = { lastMs: [5_000, 60_000], pauseMs: 45_000, atMost: 9 };
const shortDiskWindows: DiskWindowsSize = { lastMs: [2_000, 4_000], pauseMs: 6_000, atMost: 3 };
const shortWindows: WindowsSize = { kindMs: [3_000, 6_000], chatMs: [2_000, 5_000], pauseMs: 3_000 };

export const fullStorm: StormSize = {
  people: 500,
  requestsEach: 20,
  kills: 20,
  buyers: 40,
  packsEach: 10,
  withinMs: 900_000,
  windows: fullWindows,
  diskWindows: fullDiskWindows,
};
export const shortStorm: StormSize = {
  people: 40,
  requestsEach: 6,
  kills: 3,
  buyers: 6,
  packsEach: 5,
  withinMs: 300_000,
  windows: shortWindows,
  diskWindows: shortDiskWindows,
};

/** Requests, albums, changed pictures and purchases of many people while the provider, Telegram and the disk fail and the process is killed repeatedly. */
export async function storm(size: StormSize, { seed, progress }: PartOptions): Promise<PartReport> {
  const random = seededRandom(seed);
  await using bot = await openSandboxedBot({
    keys: 20,
    seatsPerKey: 4,
    providerFaults: providerFaults(),
    telegramFaults,
    latencyMs: 5,
    random,
    onFailingDisk: true,
    hasEdits: true,
    env: {
      RETRY_DELAY_S: '0.02',
      IMAGE_TIMEOUT_S: '5',
      DRAIN_S: '3',
      IMAGE_CHAIN: 'bytez:stabilityai/stable-diffusion-xl-base-1.0',
      FREE_IMAGES_PER_DAY: '100000',
      FREE_RUNNING: '3',
      FREE_WAITING: '20',
      ...buyersEnv(size.buyers),
    },
  });
  const people = new People({ telegram: bot.telegram, ...size });
  const buyers = new StarBuyers({ telegram: bot.telegram, random, ...size });
  const startedMs = performance.now();
  bot.start();
  const asking = people.askAll(size.withinMs).catch((error: unknown) => progress(String(error)));
  const finished = new AbortController();
  // The last requests end in calm: what Telegram refused four times waits for minutes, or for a success of its kind.
  const calm = new AbortController();
  const buying = buyers.buyAll(AbortSignal.timeout(size.withinMs));
  const [, kills, windows, windowsOfDisk] = await Promise.all([
    asking.finally(() => finished.abort()),
    killAtRandom({ bot, people, buyers, kills: size.kills, random, finished: finished.signal, progress }).finally(() =>
      calm.abort(),
    ),
    telegramWindows({
      telegram: bot.telegram,
      size: size.windows,
      chatIds: [...people.ids, ...buyers.ids],
      random,
      signal: calm.signal,
      onOpened: (id) => people.wonder(id),
    }),
    diskWindows({ size: size.diskWindows, setFault: (fault) => bot.setDiskFault(fault), random, signal: calm.signal }),
  ]);
  await buying;
  const seconds = (performance.now() - startedMs) / 1_000;
  // A message that is sent twice, or after the ending, arrives within this time; so does what still hangs.
  await new Promise((resolve) => setTimeout(resolve, size.windows.chatMs[1] + 5_000));
  await people.lookAtAll(lookedWithinMs);
  const tables = fileTables(bot.dataDir);
  const waitedS = await untilNothingIsLeft(tables);
  const restarts = await untilStarsAreFollowed(bot, buyers);
  const code = await bot.stop();
  const calls = bot.bytez.calls.filter(({ route }) => route === 'run');
  return {
    checks: [
      info('requests', `${people.requests} of ${size.people} people in ${seconds.toFixed(0)} s`),
      info('provider calls', calls.length),
      info('of them failed', `${Math.round((100 * calls.filter(hasFailed).length) / calls.length)} %`),
      info('windows of trouble by kind of method and by chat', windows),
      info('windows in which the disk fails: full, read-only, errors', windowsOfDisk),
      info('starts after the process ended by itself', bot.ownEnds.length),
      none('ends after which no supervisor starts it again', bot.ownEnds.filter(isForGood).length),
      info('seconds until the last command was answered and the last outcome told', waitedS),
      info('starts until the list of payments was followed', restarts),
      none('requests still open when the time was up', people.requests - people.ended),
      same('kills', kills, size.kills),
      same('exit code at the end', code ?? -1, 0),
      ...(await audit({ ...bot, tables, logFiles: [bot.logFile] }, people.seen())),
      ...auditStars(bot, buyers),
    ],
  };
}

/** Telegram's list is compared from so long after a payment on, and after so long from a start. */
const comparedAfterMs = 125_000;
const firstCompareMs = 60_000;
/** Everybody has seen their requests within so long: a command whose answer did not get through is answered later. */
export const lookedWithinMs = 120_000;
const maxStarts = 10;

/**
 * Starts the bot again, which then compares its payments with Telegram's list, until nothing in it is left to follow; gives
 * up in the end, and the audit tells. Returns the number of starts.
 */
async function untilStarsAreFollowed(bot: SandboxedBot, buyers: StarBuyers): Promise<number> {
  await pause(Math.max(0, buyers.unheardAtMs + comparedAfterMs - performance.now()));
  buyers.askForRefunds();
  await pause(5_000);
  let starts = 0;
  while (starts < maxStarts && starsLeft(bot) > 0) {
    await bot.stop();
    bot.start();
    starts += 1;
    for (let waitedMs = 0; waitedMs < firstCompareMs && starsLeft(bot) > 0; waitedMs += 1_000) await pause(1_000);
  }
  return starts;
}

type Kills = {
  readonly bot: SandboxedBot;
  readonly people: People;
  readonly buyers: StarBuyers;
  readonly kills: number;
  readonly random: () => number;
  readonly finished: AbortSignal;
  readonly progress: PartOptions['progress'];
};

/** Kills a random moment after each equal share of the requests has ended. */
async function killAtRandom({ bot, people, buyers, kills, random, finished, progress }: Kills): Promise<number> {
  let done = 0;
  while (done < kills && !finished.aborted) {
    const after = ((done + 0.5) * people.requests) / (kills + 1);
    await pause(50 + 400 * random());
    if (people.ended < after) continue;
    await bot.kill();
    buyers.tellAgain();
    done += 1;
    progress(`kill ${done} of ${kills}, ${people.ended} of ${people.requests} requests ended`);
    await pause(100 * random());
    bot.start();
  }
  return done;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
