import { keyStateName } from '../../observability/operator-words.ts';
import { isoTime } from '../../observability/quantities.ts';
import type { ProcessContext, Terminal } from '../process-context.ts';
import { keyDocument, countLines, watchTable, noKeys, sourceNotes } from './key-tables.ts';
import { type KnownKeys, readKnownKeys } from './known-keys.ts';

export type MonitorOptions = {
  readonly intervalMs: number;
  readonly json: boolean;
};

type Display = Disposable & { show(known: KnownKeys): void };

/** Shows the keys as they change until a signal: a live table on a terminal, one line a change otherwise. */
export async function monitorKeys(context: ProcessContext, { intervalMs, json }: MonitorOptions): Promise<void> {
  using stop = context.listenForStop();
  using display = context.out.isTty && !json ? liveTable(context.out) : changeLines(context.out, json);
  while (!stop.signal.aborted) {
    display.show(await readKnownKeys(context));
    await context.clock.sleep(intervalMs, stop.signal).catch(() => undefined);
  }
}

/** The terminal's alternate screen: the normal one is restored afterwards. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

function liveTable(terminal: Terminal): Display {
  terminal.write(enter);
  return {
    show: (known) => {
      const head = [
        `darkroom keys · ${isoTime(known.nowMs).slice(11, 19)} UTC · the bot ${known.bot === 'running' ? 'runs' : 'does not run'} · Ctrl-C leaves`,
        ...countLines(known),
        ...sourceNotes(known),
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
      terminal.write(`${home}${shown.map((line) => `${line}${clearLine}`).join('\n')}${clearBelow}`);
    },
    [Symbol.dispose]: () => terminal.write(leave),
  };
}

function changeLines(terminal: Terminal, json: boolean): Display {
  const seen = new Map<string, string>();
  return {
    show: (known) => {
      for (const key of known.keys) {
        const now = keyStateName(key.state);
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
