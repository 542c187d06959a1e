import type { AppEvent } from '../../../src/domain/events.ts';
import type { PoolView } from '../../../src/domain/views.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { breakableBytez } from '../../../sandbox/demo-providers.ts';
import { startBytezSandbox, type BytezSandbox } from '../../../sandbox/bytez/bytez-sandbox.ts';
import type { BotProcess } from '../../../sandbox/page/app-view.ts';
import { createChatPage, type ChatPage } from '../../../sandbox/page/chat-page.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../../sandbox/telegram/telegram-sandbox.ts';

export type PageUnderTest = AsyncDisposable & {
  readonly page: ChatPage;
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  /** The stub of the bot's process. */
  readonly botProcess: BotProcess;
  readonly woken: () => number;
  readonly emit: (event: AppEvent) => void;
  /** Posts as the page itself does. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Calls the Bot API as the bot. */
  call(method: string, params: object): Promise<unknown>;
};

const home = 'http://127.0.0.1:4000';
export const ids = { free: 1, premium: 2, admin: 3 } as const;
const token = '100000004:token-that-opens-nothing';
const noKeys: PoolView = { total: 0, ready: 0, cooling: 0, benched: 0, disabled: 0, keys: [] };

/** A page on its own sandbox, with a stub of the bot that does nothing; the test emits its events. */
export async function openPage(): Promise<PageUnderTest> {
  await using opening = new AsyncDisposableStack();
  const clock = systemClock;
  const telegram = opening.use(await startTelegramSandbox({ token, clock }));
  const accounts = [{ name: 'one', key: 'key-of-the-page-tests' }];
  const bytez = opening.use(await startBytezSandbox({ clock, accounts }));
  const listeners = new Set<(event: AppEvent) => void>();
  let woken = 0;
  const botProcess = {
    isRunning: true,
    isDiskFull: false,
    kill: () => {
      const wasRunning = botProcess.isRunning;
      botProcess.isRunning = false;
      return wasRunning;
    },
    setDiskFull: async (full: boolean) => {
      botProcess.isDiskFull = full;
    },
  };
  const page = opening.use(
    createChatPage({
      telegram,
      bytez,
      accounts,
      providers: [breakableBytez(bytez)],
      clock,
      ids,
      first: 'free',
      language: 'en',
      languages: ['en', 'es'],
      view: {
        pool: async () => noKeys,
        lines: async () => [],
        find: async () => undefined,
        describe: ({ event }) => event,
        onEvent: (listener) => {
          listeners.add(listener);
          return { [Symbol.dispose]: () => void listeners.delete(listener) };
        },
        wakeKeys: async () => (woken += 1),
        process: botProcess,
      },
    }),
  );
  const opened = opening.move();
  return {
    page,
    botProcess,
    telegram,
    bytez,
    woken: () => woken,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    get: async (path, headers = {}) =>
      page.app.request(home + path, { headers: { host: new URL(home).host, ...headers } }),
    post: async (path, body, headers = {}) =>
      page.app.request(home + path, {
        method: 'POST',
        headers: { host: new URL(home).host, origin: home, 'x-darkroom-page': '1', ...headers },
        body: JSON.stringify(body),
      }),
    call: async (method, params) => {
      const response = await fetch(`${telegram.url}/bot${token}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(params),
      });
      return response.json();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
