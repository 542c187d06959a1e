import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { BytezSandbox } from '../sandbox/bytez/bytez-sandbox.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { BotProcess } from './bot-process.ts';
import { type DiskFault, faultIn, onFailingDisk } from './disk-windows.ts';
import { openStandIns, resultsDir, type StandInsOptions } from './stand-ins.ts';
import { probed, type Vitals, vitalsOf } from './vitals.ts';

export type SandboxedBotOptions = StandInsOptions & {
  readonly env?: Readonly<Record<string, string>>;
  /** Puts the data folder into memory where there is room: for tests that are not about durability. */
  readonly inMemory?: boolean;
  /** Whether `vitals` can be called. */
  readonly isProbed?: boolean;
  /** Whether `setDiskFault` can be called, and a process that ends by itself is started again as systemd would. */
  readonly onFailingDisk?: boolean;
};

/** The real bot in a process of its own, between stand-ins for Telegram and the provider that inject faults. */
export type SandboxedBot = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly dataDir: string;
  readonly logFile: string;
  readonly secrets: readonly string[];
  /** Starts the bot on the data of the previous process. */
  start(): void;
  /** The resources of the bot's process; only where `isProbed`. */
  vitals(): Promise<Vitals>;
  /** Seconds of processor time that the running process has used; 0 where the system does not tell. */
  processorSeconds(): number;
  /** Lets the bot's disk fail from now on, or work again; only where `onFailingDisk`. */
  setDiskFault(fault: DiskFault | undefined): void;
  /** The exit codes of processes that ended by themselves. */
  readonly ownEnds: readonly (number | null)[];
  /** SIGKILL: the process cannot clean up. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
};

export async function openSandboxedBot(options: SandboxedBotOptions): Promise<SandboxedBot> {
  await using opening = new AsyncDisposableStack();
  const { telegram, bytez, folder, secrets, env } = opening.use(
    await openStandIns(options, options.inMemory === true ? memoryFolder() : resultsDir),
  );
  const { isProbed = false, onFailingDisk: hasFailingDisk = false } = options;
  const logFile = join(folder, 'bot.log');
  const faultFile = join(folder, 'disk-fault');
  const bot = opening.use(
    new BotProcess({
      folder,
      logFile,
      env: { ...env, DISK_FAULT_FILE: faultFile, ...options.env },
      nodeOptions: [...(isProbed ? probed : []), ...(hasFailingDisk ? onFailingDisk : [])],
      hasChannel: isProbed,
      isSupervised: hasFailingDisk,
    }),
  );
  const opened = opening.move();
  return {
    telegram,
    bytez,
    dataDir: join(folder, 'data'),
    logFile,
    secrets,
    start: () => bot.start(),
    setDiskFault: faultIn(faultFile),
    ownEnds: bot.ownEnds,
    vitals: () => {
      if (bot.child === undefined) throw new Error('Cannot ask the bot for its vitals: it does not run');
      return vitalsOf(bot.child);
    },
    processorSeconds: () => processorSecondsOf(bot.child?.pid),
    kill: async () => void (await bot.end('SIGKILL')),
    stop: () => bot.end('SIGTERM'),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const ticksPerSecond = 100;

function processorSecondsOf(pid: number | undefined): number {
  try {
    // Behind the name, which may hold spaces: the 12th and 13th fields are the ticks of the process and of the kernel for it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

const sharedMemory = '/dev/shm';
const roomBytes = 400_000_000;

function memoryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(sharedMemory);
    return bavail * bsize > roomBytes ? sharedMemory : resultsDir;
  } catch {
    return resultsDir;
  }
}
