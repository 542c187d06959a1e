import { styleText } from 'node:util';
import { type Clock, systemClock } from '../kit/clock.ts';

/** Where a command writes, and what may be shown there. */
export type Terminal = {
  /** A person looks at it. */
  readonly isTty: boolean;
  readonly hasColours: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
};

type Environment = Readonly<Record<string, string | undefined>>;
type Stream = Pick<NodeJS.WriteStream, 'write'> &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'on'>>;

/**
 * A stream as a terminal; colours only for a person's eyes, and not where NO_COLOR is set. `onGone` hears that nobody
 * reads it any more, as with `| head`: what is written then goes nowhere, and is no error.
 */
export function terminalOn(stream: Stream, env: Environment, onGone: () => void = () => undefined): Terminal {
  const isTty = stream.isTTY === true;
  let isHeard = false;
  const hear = () => {
    isHeard = true;
    stream.on?.('error', (error: Error) => {
      if (!('code' in error) || error.code !== 'EPIPE') throw error;
      onGone();
    });
  };
  return {
    isTty,
    hasColours: isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    get columns() {
      return stream.columns ?? 80;
    },
    get rows() {
      return stream.rows ?? 24;
    },
    write: (text) => {
      if (!isHeard) hear();
      stream.write(text);
    },
  };
}

const styles = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', bold: 'bold' } as const;
export type Style = keyof typeof styles;

/** The text in a colour where the terminal shows any. */
export function paint(terminal: Terminal, style: Style | undefined, text: string): string {
  if (style === undefined || !terminal.hasColours) return text;
  return styleText(styles[style], text, { validateStream: false });
}

/** What a command sees of the process it runs in. */
export type ProcessContext = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly out: Terminal;
  readonly err: Terminal;
  /** Aborts when somebody asks the process to stop, or when nobody reads its output any more. */
  listenForStop(): Disposable & { readonly signal: AbortSignal };
  /** The code with which the process ends by itself. */
  exitWith(code: number): void;
};

/** The process as it is. */
export function processContext(): ProcessContext {
  const gone = new AbortController();
  return {
    cwd: process.cwd(),
    env: process.env,
    clock: systemClock,
    out: terminalOn(process.stdout, process.env, () => gone.abort(new Error('Nobody reads the output'))),
    err: terminalOn(process.stderr, process.env),
    listenForStop: () => {
      const stopping = new AbortController();
      const stop = () => stopping.abort(new Error('Asked to stop'));
      process.on('SIGINT', stop).on('SIGTERM', stop);
      return {
        signal: AbortSignal.any([stopping.signal, gone.signal]),
        [Symbol.dispose]: () => void process.off('SIGINT', stop).off('SIGTERM', stop),
      };
    },
    exitWith: (code) => {
      process.exitCode = code;
    },
  };
}

/**
 * Listens from now on for SIGINT and SIGTERM; resolves at the first one. A second signal ends the process at once, with
 * the code a shell expects; what was accepted is in the database and is not lost.
 */
export function onStop(): Promise<void> {
  return new Promise<void>((resolve) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      signals += 1;
      if (signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** Resolves when `asked` does, at the first signal unless told; rejects when `broken` does. */
export async function untilStopped(broken: Promise<never>, asked: Promise<void> = onStop()): Promise<void> {
  await carryThrough(Promise.race([asked, broken]));
}

/** Keeps the process alive until the work is done: a pending promise and a clock's timer do not. */
export async function carryThrough(work: Promise<unknown>): Promise<void> {
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  try {
    await work;
  } finally {
    clearInterval(keepAlive);
  }
}

/** Calls back at each SIGHUP, which then no longer ends the process. */
export function onHangup(listener: () => void): Disposable {
  process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) };
}
