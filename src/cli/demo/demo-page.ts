import type { AppEvent } from '../../domain/events.ts';
import { listen } from '../../http/listen.ts';
import { systemClock } from '../../kit/clock.ts';
import { loadCatalog } from '../../messages/catalog.ts';
import { eventLine } from '../../observability/event-line.ts';
import type { Participants } from '../../../sandbox/page/participants.ts';
import { StartError } from '../../app/start-error.ts';
import { loadSandbox } from '../sandbox.ts';
import { roles, type DemoApp, type Role } from './demo-app.ts';

export type DemoPage = AsyncDisposable & {
  /** Ends in a slash. */
  readonly url: string;
  readonly participants: Participants;
};

export type DemoPageOptions = {
  readonly demoApp: DemoApp;
  readonly onEvent: (listener: (event: AppEvent) => void) => Disposable;
  readonly first: Role;
  readonly languageCode: string;
  /** 0 takes a free one. */
  readonly port: number;
};

const host = '127.0.0.1';

/** Opens the chat page on loopback; throws a StartError when the port cannot be had. */
export async function openDemoPage(options: DemoPageOptions): Promise<DemoPage> {
  const { demoApp, onEvent, first, languageCode, port } = options;
  const { app, telegram, bytez, accounts } = demoApp;
  const { createChatPage } = await loadSandbox();
  await using opening = new AsyncDisposableStack();
  const page = opening.use(
    createChatPage({
      telegram,
      bytez,
      accounts,
      clock: systemClock,
      ids: roles,
      first,
      language: languageCode,
      languages: [...new Set([...loadCatalog().locales, languageCode])],
      view: {
        pool: () => app.core.pool.snapshot(),
        lines: async () => (await app.stats()).lines,
        find: (id) => app.service.find(id),
        describe: eventLine,
        onEvent,
        wakeKeys: () => app.core.keys.wake('all'),
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
