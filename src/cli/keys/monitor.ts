import { isoTime } from '../table.ts';
import type { ProcessContext, Terminal } from '../process-context.ts';
import { keyDocument, countLines, watchTable, noKeys, standing, stateName } from './key-tables.ts';
import { type KnownKeys, lookAtKeys } from './known-keys.ts';

export type MonitorOptions = {
  readonly intervalMs: number;
  readonly json: boolean;
};

type MessageView = Disposable & { show(known: KnownKeys): void };

/** Shows the keys as they change until somebody stops it: a living table for a person, a line a change otherwise. */
export async function monitorKeys(context: ProcessContext, { intervalMs, json }: MonitorOptions): Promise<void> {
  using stop = context.listenForStop();
  using screen = context.out.isTty && !json ? liveTable(context.out) : changeLines(context.out, json);
  while (!stop.signal.aborted) {
    screen.show(await lookAtKeys(context));
    await context.clock.sleep(intervalMs, stop.signal).catch(() => undefined);
  }
}

/** The terminal's second screen, so that the first one is back afterwards as it was. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfView = '\u001b[J';

function liveTable(terminal: Terminal): MessageView {
  terminal.write(enter);
  return {
    show: (known) => {
      const head = [
        `darkroom keys · ${isoTime(known.nowMs).slice(11, 19)} UTC · the bot ${known.bot === 'running' ? 'runs' : 'does not run'} · Ctrl-C leaves`,
        ...countLines(known),
        ...standing(known),
        '',
      ];
      const lines = [
        ...head.map((line) => line.slice(0, terminal.columns)),
        ...(known.keys.length === 0 ? [noKeys] : watchTable(terminal, known)),
      ];
      const room = Math.max(2, terminal.rows);
      const shown =
        lines.length <= room
          ? lines
          : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more; a higher window shows them`];
      terminal.write(`${home}${shown.map((line) => `${line}${restOfLine}`).join('\n')}${restOfView}`);
    },
    [Symbol.dispose]: () => terminal.write(leave),
  };
}

function changeLines(terminal: Terminal, json: boolean): MessageView {
  const seen = new Map<string, string>();
  return {
    show: (known) => {
      for (const key of known.keys) {
        const now = stateName(key.state);
        const before = seen.get(key.name);
        if (before === now) continue;
        seen.set(key.name, now);
        const at = isoTime(known.nowMs);
        const line = json
          ? JSON.stringify({ at, bot: known.bot, before: before ?? null, ...keyDocument(key) })
          : `${at} ${key.name}: ${before === undefined ? '' : `${before} → `}${now}`;
        terminal.write(`${line}\n`);
      }
    },
    [Symbol.dispose]: () => undefined,
  };
}
