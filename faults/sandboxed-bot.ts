import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/kit/clock.ts';
import type { BytezFault } from '../sandbox/bytez/bytez-fault.ts';
import { type BytezSandbox, startBytezSandbox } from '../sandbox/bytez/bytez-sandbox.ts';
import { startOpenAiSandbox } from '../sandbox/openai/openai-sandbox.ts';
import type { TelegramFault } from '../sandbox/telegram/faults.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { fixedPicture } from './fixed-picture.ts';
import { type DiskFault, faultIn, onFailingDisk } from './disk-windows.ts';
import { probed, type Vitals, vitalsOf } from './vitals.ts';
import { compiled } from '../test/support/compiled.ts';

export const resultsDir = join(import.meta.dirname, 'results');
export const token = '100000004:token-of-the-campaign-opens-nothing';
const editorKey = 'sk-campaign-key-that-changes-pictures-0001';

export type SandboxedBotOptions = {
  readonly keys: number;
  readonly seatsPerKey: number;
  readonly providerFaults: readonly BytezFault[];
  readonly telegramFaults: readonly TelegramFault[];
  /** How long the provider works on a picture. */
  readonly latencyMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly random: () => number;
  /** Whether pictures can be changed, by another provider. */
  readonly hasEdits?: boolean;
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
  mkdirSync(resultsDir, { recursive: true });
  const folder = mkdtempSync(join(options.inMemory === true ? memoryFolder() : resultsDir, 'darkroom-bot-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  opening.defer(() => {
    process.off('exit', remove);
    remove();
  });
  const keys = Array.from({ length: options.keys }, (_, index) => `campaign-key-${String(index + 1).padStart(4, '0')}`);
  const accounts = keys.map((key, index) => ({
    name: `account ${index + 1}`,
    key,
    seats: options.seatsPerKey,
    faults: [...options.providerFaults],
  }));
  const telegram = opening.use(
    await startTelegramSandbox({ token, clock: systemClock, faults: options.telegramFaults }),
  );
  const bytez = opening.use(
    await startBytezSandbox({
      clock: systemClock,
      random: options.random,
      accounts,
      latencyMs: options.latencyMs,
      painter: { picture: async () => fixedPicture, video: async () => fixedPicture },
    }),
  );
  const editor =
    options.hasEdits === true
      ? opening.use(
          await startOpenAiSandbox({
            clock: systemClock,
            accounts: [{ name: 'editor', key: editorKey }],
            draw: async () => fixedPicture,
          }),
        )
      : undefined;
  const dataDir = join(folder, 'data');
  const logFile = join(folder, 'bot.log');
  const faultFile = join(folder, 'disk-fault');
  const ownEnds: (number | null)[] = [];
  let running: { readonly child: ChildProcess; readonly gone: Promise<unknown[]> } | undefined;
  let restart: NodeJS.Timeout | undefined;
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    clearTimeout(restart);
    if (running === undefined) return null;
    const { child, gone } = running;
    running = undefined;
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  };
  opening.defer(async () => void (await end('SIGKILL')));
  const opened = opening.move();
  const start = () => {
    clearTimeout(restart);
    const log = openSync(logFile, 'a');
    const more = [
      ...(options.isProbed === true ? probed : []),
      ...(options.onFailingDisk === true ? onFailingDisk : []),
    ];
    const child = spawn(process.execPath, [...more, join(import.meta.dirname, '..', 'src', 'main.ts'), 'start'], {
      cwd: folder,
      stdio: ['ignore', log, log, ...(options.isProbed === true ? (['ipc'] as const) : [])],
      env: {
        ...compiled,
        PATH: process.env['PATH'],
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: telegram.url,
        BYTEZ_API_KEYS: keys.join(','),
        BYTEZ_BASE_URL: bytez.baseUrl,
        BYTEZ_SEATS_PER_KEY: String(options.seatsPerKey),
        BYTEZ_SEATS_MAX: String(options.seatsPerKey),
        ...(editor === undefined ? {} : { OPENAI_API_KEY: editorKey, OPENAI_BASE_URL: editor.baseUrl }),
        MEDIA_ALLOW_PRIVATE_HOSTS: [bytez, ...(editor === undefined ? [] : [editor])]
          .map(({ mediaHost }) => mediaHost)
          .join(','),
        DATA_DIR: dataDir,
        DISK_FAULT_FILE: faultFile,
        HTTP_PORT: '0',
        KEYS_TEST_ON_START: 'off',
        LOG_LEVEL: 'info',
        ...options.env,
      },
    });
    closeSync(log);
    const kill = () => void child.kill('SIGKILL');
    process.once('exit', kill);
    const gone = once(child, 'exit').finally(() => process.off('exit', kill));
    const now = { child, gone };
    running = now;
    if (options.onFailingDisk !== true) return;
    void gone.then(([code]) => {
      if (running !== now) return;
      ownEnds.push(code as number | null);
      running = undefined;
      restart = setTimeout(start, restartAfterMs);
    });
  };
  return {
    telegram,
    bytez,
    dataDir,
    logFile,
    secrets: [token, editorKey, ...keys],
    start,
    setDiskFault: faultIn(faultFile),
    ownEnds,
    vitals: () => {
      if (running === undefined) throw new Error('Cannot ask the bot for its vitals: it does not run');
      return vitalsOf(running.child);
    },
    processorSeconds: () => processorSecondsOf(running?.child.pid),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
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
/** RestartSec of docs/darkroom.service is longer. */
const restartAfterMs = 1_000;

function memoryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(sharedMemory);
    return bavail * bsize > roomBytes ? sharedMemory : resultsDir;
  } catch {
    return resultsDir;
  }
}
