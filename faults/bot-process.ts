import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** RestartSec of docs/darkroom.service is longer. */
const restartAfterMs = 1_000;

/** As docs/darkroom.service: after these exit codes nobody starts the bot again. */
export function isForGood(code: number | null): boolean {
  return code === 0 || code === 2;
}

export type BotProcessOptions = {
  readonly folder: string;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** Whether the process can be sent messages. */
  readonly hasChannel?: boolean;
  /** Whether a process that ends by itself is started again, as systemd would. */
  readonly isSupervised?: boolean;
};

type Running = { readonly child: ChildProcess; readonly gone: Promise<unknown[]> };

/** The real bot as one process after the other, on the same data. */
export class BotProcess implements AsyncDisposable {
  readonly #options: BotProcessOptions;
  readonly #ownEnds: (number | null)[] = [];
  #running: Running | undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: BotProcessOptions) {
    this.#options = options;
  }

  /** Undefined while none runs. */
  get child(): ChildProcess | undefined {
    return this.#running?.child;
  }

  /** The exit codes of processes that ended by themselves. */
  get ownEnds(): readonly (number | null)[] {
    return this.#ownEnds;
  }

  start(): void {
    clearTimeout(this.#restart);
    const { folder, logFile, env, nodeOptions = [], hasChannel = false, isSupervised = false } = this.#options;
    const log = openSync(logFile, 'a');
    const child = spawn(
      process.execPath,
      [...nodeOptions, join(import.meta.dirname, '..', 'src', 'main.ts'), 'start'],
      { cwd: folder, stdio: ['ignore', log, log, ...(hasChannel ? (['ipc'] as const) : [])], env },
    );
    closeSync(log);
    const kill = () => void child.kill('SIGKILL');
    process.once('exit', kill);
    const now = { child, gone: once(child, 'exit').finally(() => process.off('exit', kill)) };
    this.#running = now;
    if (!isSupervised) return;
    void now.gone.then(([code]) => {
      if (this.#running !== now) return;
      this.#ownEnds.push(code as number | null);
      this.#running = undefined;
      this.#restart = setTimeout(() => this.start(), restartAfterMs);
    });
  }

  /** Sends a signal that ends it; resolves with the exit code, with null where none ran or there is none. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    clearTimeout(this.#restart);
    if (this.#running === undefined) return null;
    const { child, gone } = this.#running;
    this.#running = undefined;
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
