import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/kit/clock.ts';
import { type BytezSandbox, startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { accountsOf, testToken } from '../support/test-app.ts';
import { compiled } from '../support/compiled.ts';

/** One line of the log, as it was printed. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string };

export type StartedProcess = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly folder: string;
  readonly log: readonly LogLine[];
  /** Everything that was printed, on either stream. */
  printed(): string;
  writeEnv(more: Readonly<Record<string, string>>): void;
  signal(signal: NodeJS.Signals): void;
  /** Kills the process with SIGKILL and starts it again in the same folder. */
  restart(): Promise<void>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
};

const root = join(import.meta.dirname, '..', '..');
/** The program as the sources, and as it is started by people: from the bundle where that is fresh. */
export const programs = { source: join(root, 'src', 'main.ts'), bin: join(root, 'bin', 'darkroom.js') } as const;

/** `darkroom start` in a process and a folder of its own, with its settings in `.env`, against sandboxes of this one. */
export async function startProcess(
  keys: number,
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
  program: string = programs.source,
): Promise<StartedProcess> {
  await using opening = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-process-'));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const clock = systemClock;
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock }));
  const accounts = accountsOf(Array.from({ length: keys }, () => []));
  const bytez = opening.use(await startBytezSandbox({ clock, accounts }));
  const writeEnv = (more: Readonly<Record<string, string>>) => {
    const settings = {
      TELEGRAM_BOT_TOKEN: testToken,
      TELEGRAM_API_ROOT: telegram.url,
      BYTEZ_BASE_URL: bytez.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
      HTTP_PORT: '0',
      // The real Horde is never asked.
      HORDE_ANONYMOUS: 'off',
      ...more,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(folder, '.env'), lines.join(''), { mode: 0o600 });
  };
  writeEnv(env);
  const lines: string[] = [];
  const log: LogLine[] = [];
  const launch = () => {
    const child = spawn(process.execPath, [...nodeOptions, program, 'start'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: compiled,
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      log.push(JSON.parse(line) as LogLine);
    });
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    return { child, exited: once(child, 'close').then(([code]) => code as number | null) };
  };
  let running = launch();
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.exited;
  };
  opening.defer(kill);
  const opened = opening.move();
  return {
    telegram,
    bytez,
    folder,
    log,
    printed: () => lines.join('\n'),
    writeEnv,
    signal: (signal) => void running.child.kill(signal),
    restart: async () => {
      await kill();
      running = launch();
    },
    get exited() {
      return running.exited;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
