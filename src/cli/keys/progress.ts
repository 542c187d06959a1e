import type { Terminal } from '../terminal.ts';

export type Progress = {
  /** One more is done; the words say what came of it. */
  step(words: string): void;
  end(): void;
};

const clearLine = '\r\u001b[2K';

/** Shows how far many things are: one living line for a person, a line each otherwise; `quiet` keeps those away. */
export function progressOn(terminal: Terminal, total: number, quiet: boolean): Progress {
  let done = 0;
  const show = (words: string) => {
    const text = `${done} of ${total} ${words}`;
    if (terminal.isTty) terminal.write(`${clearLine}${text.slice(0, terminal.columns - 1)}`);
    else if (!quiet) terminal.write(`${text}\n`);
  };
  if (terminal.isTty) show('tested');
  return {
    step: (words) => {
      done += 1;
      show(`tested, ${words}`);
    },
    end: () => {
      if (terminal.isTty) terminal.write(clearLine);
    },
  };
}
