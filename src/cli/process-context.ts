import { isStartError, TemporaryError } from '../app/start-error.ts';
import { ConfigError } from '../config/config-error.ts';
import { StoreUnavailable } from '../domain/failure.ts';
import { createInterface } from 'node:readline';
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

/** Lines that a person types, or a pipe gives. */
export type Input = Disposable & {
  /** Undefined once the input has ended. */
  nextLine(): Promise<string | undefined>;
};

/** The lines of a stream. The terminal itself edits a line, so that Ctrl-C stays a signal. */
function linesOf(stream: NodeJS.ReadStream): Input {
  const lines = createInterface({ input: stream, terminal: false });
  const iterator = lines[Symbol.asyncIterator]();
  return {
    nextLine: async () => {
      const { value, done } = await iterator.next();
      return done === true ? undefined : value;
    },
    [Symbol.dispose]: () => {
      lines.close();
      stream.pause();
    },
  };
}

/** What a command sees of the process it runs in. */
export type ProcessContext = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly out: Terminal;
  readonly err: Terminal;
  /** Lines of standard input, as they come. */
  readonly openInput: () => Input;
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
    openInput: () => linesOf(process.stdin),
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

/** The exit code of a refused start and of a wrong command line. */
export const refusedCode = 2;
/** EX_TEMPFAIL: another start may succeed. */
const temporaryCode = 75;

/** The exit code of what ended the command; an error without one is thrown. */
export function exitCodeOf(error: unknown, { err }: Pick<ProcessContext, 'err'>): number {
  if (isStartError(error) || error instanceof ConfigError || error instanceof StoreUnavailable) {
    err.write(`${error.message}\n`);
    return refusedCode;
  }
  if (error instanceof TemporaryError) {
    err.write(`${error.message}\n`);
    return temporaryCode;
  }
  throw error;
}
