import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const maxStopMs = 10_000;
const maxErrorChars = 2_000;

export type NodeProcessOptions = {
  /** What follows `node`. */
  readonly args: readonly string[];
  /** All of the environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** A Node process beside this one, ended when it is disposed. */
export type NodeProcess = AsyncDisposable & {
  readonly pid: number;
  /** Sends the message; resolves with the next one that comes back, rejects when the process dies instead. */
  ask(message: string | object): Promise<unknown>;
  /** Resolves with the next message that comes by itself; rejects when the process dies instead. */
  heard(): Promise<unknown>;
  /** Rejects when the process ends before it is disposed; never resolves. */
  readonly died: Promise<never>;
};

/** Starts `node` as this process's own version, with nothing of this process's environment. */
export function startNode({ args, env = {}, cwd }: NodeProcessOptions): NodeProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  // Also when this process is interrupted, and nothing is disposed.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-maxErrorChars);
  });
  const exited = once(child, 'exit').finally(() => process.off('exit', kill));
  const died = exited.then(([code, signal]) => {
    throw new Error(`Cannot go on: the process "node ${args.join(' ')}" ended (${String(code ?? signal)}): ${errors}`);
  });
  died.catch(() => undefined);
  const heard = async () => {
    const [message] = (await Promise.race([once(child, 'message'), died])) as [unknown];
    return message;
  };
  return {
    pid: child.pid ?? 0,
    died,
    heard,
    ask: (message) => {
      const answered = heard();
      child.send(message);
      return answered;
    },
    [Symbol.asyncDispose]: () => stop(child, exited),
  };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), maxStopMs);
  await exited;
  clearTimeout(impatience);
}
