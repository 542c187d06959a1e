import { styleText } from 'node:util';

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
