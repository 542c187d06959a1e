import type { LineStats } from '../../domain/job-engine.ts';
import { poolViewOf, type PoolView } from '../../domain/views.ts';
import { listen } from '../../http/listen.ts';
import { systemClock } from '../../kit/clock.ts';
import { loadCatalog } from '../../messages/catalog.ts';
import { eventLine } from '../../observability/event-line.ts';
import type { Participants } from '../../../sandbox/page/participants.ts';
import { StartError } from '../../app/start-error.ts';
import { loadSandbox } from '../sandbox.ts';
import { roles, type DemoApp, type Role } from './demo-app.ts';
import type { EmitOfDemo } from './demo-bots.ts';

export type DemoPage = AsyncDisposable & {
  /** Ends in a slash. */
  readonly url: string;
  readonly participants: Participants;
};

export type DemoPageOptions = {
  readonly demoApp: DemoApp;
  readonly onEvent: (listener: EmitOfDemo) => Disposable;
  readonly first: Role;
  readonly languageCode: string;
  /** 0 takes a free one. */
  readonly port: number;
};

const host = '127.0.0.1';

/** Opens the chat page on loopback; throws a StartError when the port cannot be had. */
export async function openDemoPage(options: DemoPageOptions): Promise<DemoPage> {
  const { demoApp, onEvent, first, languageCode, port } = options;
  const { bot, telegram, bytez, accounts, providers } = demoApp;
  /** What was last known is shown while the bot does not run. */
  let [pool, lines]: [PoolView, readonly LineStats[]] = [poolViewOf([]), []];
  const { createChatPage } = await loadSandbox();
  await using opening = new AsyncDisposableStack();
  const page = opening.use(
    createChatPage({
      telegram,
      bytez,
      accounts,
      providers,
      clock: systemClock,
      ids: roles,
      first,
      language: languageCode,
      languages: [...new Set([...loadCatalog().locales, languageCode])],
      view: {
        pool: async () => (pool = (await bot.ask({ kind: 'pool' })) ?? pool),
        lines: async () => (lines = (await bot.ask({ kind: 'lines' })) ?? lines),
        find: (id) => bot.ask({ kind: 'find', id }),
        describe: eventLine,
        onEvent,
        wakeKeys: async () => (await bot.ask({ kind: 'wake' })) ?? 0,
        process: bot,
      },
    }),
  );
  const listening = opening.use(await listenOn(page.app, port));
  const opened = opening.move();
  return {
    url: `${listening.url}/`,
    participants: page.participants,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function listenOn(app: Parameters<typeof listen>[0], port: number): ReturnType<typeof listen> {
  try {
    return await listen(app, host, port);
  } catch (error) {
    throw new StartError(
      `Cannot open the chat page on ${host}:${port}: choose another port with --port, 0 takes a free one`,
      {
        cause: error,
      },
    );
  }
}
