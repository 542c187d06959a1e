import { type Clock, systemClock } from '../kit/clock.ts';
import { type Terminal, terminalOn } from './terminal.ts';

/** What a command sees of the process it runs in. */
export type Surroundings = {
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
export function processSurroundings(): Surroundings {
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
