import type { FaultEffect, TelegramFault } from '../sandbox/telegram/faults.ts';
import { pause } from './disk-windows.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';

export type WindowsSize = {
  /** How long troubles of a kind of method last. */
  readonly kindMs: readonly [number, number];
  /** How long a chat hangs or is closed. */
  readonly chatMs: readonly [number, number];
  readonly pauseMs: number;
};

export type WindowsOptions = {
  readonly telegram: TelegramSandbox;
  readonly size: WindowsSize;
  readonly chatIds: readonly number[];
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Called when a chat is open again. */
  readonly onOpened: (chatId: number) => void;
};

/** Methods that fail together. */
const kinds: readonly RegExp[] = [
  /^sendMessage$/,
  /^send(?:Photo|Document)$/,
  /^editMessageText$/,
  /^editMessageMedia$/,
  /^(?:send|edit)/,
];

const kindTroubles: readonly FaultEffect[] = [
  { kind: '5xx', status: 502 },
  { kind: 'page', status: 502 },
  { kind: 'page', status: 504 },
  { kind: 'cut-before' },
  { kind: '5xx', status: 500 },
];

/** How many chats are in trouble at once. */
export const chatsAtOnce = 3;

/**
 * Troubles as they come: every method of a kind fails for a while, a page stands in place of JSON, some chats hang and
 * some are closed. Returns how many windows there were.
 */
export async function telegramWindows(options: WindowsOptions): Promise<number> {
  let windows = 0;
  const open = async (fault: TelegramFault, [leastMs, mostMs]: readonly [number, number]) => {
    windows += 1;
    using _fault = options.telegram.addFault(fault);
    await pause(leastMs + (mostMs - leastMs) * options.random(), options.signal);
  };
  await Promise.all([
    troubleKinds(options, open),
    ...Array.from({ length: chatsAtOnce }, () => troubleChats(options, open)),
  ]);
  return windows;
}

type OpenWindow = (fault: TelegramFault, lastsMs: readonly [number, number]) => Promise<void>;

async function troubleKinds({ size, random, signal }: WindowsOptions, open: OpenWindow): Promise<void> {
  while (!signal.aborted) {
    await pause(size.pauseMs * (0.5 + random()), signal);
    await open({ method: one(kinds, random), do: one(kindTroubles, random) }, size.kindMs);
  }
}

async function troubleChats({ size, random, signal, chatIds, onOpened }: WindowsOptions, open: OpenWindow) {
  while (!signal.aborted) {
    await pause(size.pauseMs * (0.5 + random()), signal);
    const chatId = one(chatIds, random);
    const isClosed = random() < 0.5;
    const deed: FaultEffect = isClosed
      ? { kind: 'refuse', code: 400, says: 'Bad Request: not enough rights to send text messages to the chat' }
      : { kind: 'slow', ms: size.chatMs[1] };
    await open({ chatId, method: /^(?:send|edit|delete)/, do: deed }, size.chatMs);
    if (isClosed) onOpened(chatId);
  }
}

function one<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(items.length * random())];
  if (item === undefined) throw new Error('Cannot choose from nothing');
  return item;
}
