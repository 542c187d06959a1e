import { styleText } from 'node:util';
import { type Clock, systemClock } from '../kit/clock.ts';

/** Where a command writes. */
export type Terminal = {
  /** A person reads it. */
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
 * A stream as a terminal; coloured only for a person, and not where NO_COLOR is set. `onGone` is called when its reader
 * has gone, as with `| head`: further output is dropped without an error.
 */
export function terminalOn(stream: Stream, env: Environment, onGone: () => void = () => undefined): Terminal {
  const isTty = stream.isTTY === true;
  let hasListener = false;
  const listen = () => {
    hasListener = true;
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
      if (!hasListener) listen();
      stream.write(text);
    },
  };
}

const styles = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', bold: 'bold' } as const;
export type Style = keyof typeof styles;

/** The text in the style's colour where the terminal shows colours. */
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
  /** Aborts at a signal to stop, or when the reader of the output has gone. */
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
    out: terminalOn(process.stdout, process.env, () => gone.abort(new Error('The reader of the output has gone'))),
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
 * the code a shell expects; accepted jobs are in the database and are not lost.
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

/** Resolves when `asked` does, by default at the first signal; rejects when `broken` does. */
export async function untilStopped(broken: Promise<never>, asked: Promise<void> = onStop()): Promise<void> {
  await keepAliveFor(Promise.race([asked, broken]));
}

/** Keeps the process alive until the work is done: a pending promise and a clock's timer do not. */
export async function keepAliveFor(work: Promise<unknown>): Promise<void> {
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
