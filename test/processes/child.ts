import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export type Child = AsyncDisposable & {
  /** What it has printed. */
  readonly lines: readonly string[];
  /** Calls the listener after each line. */
  onLine(listener: () => void): void;
  /** Resolves once the child has printed so many lines; rejects when it ends before. */
  printed(lines: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Writes a line that the child reads. */
  say(line: string): void;
  /** SIGKILL; answers every line that was printed until then. */
  kill(): Promise<readonly string[]>;
};

/** Starts a script of children/ in a process of its own. */
export function startChild(script: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'children', script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
    return lines;
  };
  return {
    lines,
    onLine: (listener) => void reader.on('line', listener),
    printed: async (count) => {
      const ended = closed.then(() => 'ended' as const);
      while (lines.length < count) {
        const next = await Promise.race([once(reader, 'line'), ended]);
        if (next === 'ended') throw new Error(`Cannot wait for ${script}: it ended after ${lines.length} lines`);
      }
    },
    signal: (signal) => void child.kill(signal),
    say: (line) => void child.stdin.write(`${line}\n`),
    kill,
    [Symbol.asyncDispose]: async () => void (await kill()),
  };
}
