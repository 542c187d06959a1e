import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Clock } from '../../src/kit/clock.ts';
import type { BytezSandbox } from '../bytez/bytez-sandbox.ts';
import type { BreakableProvider } from '../demo-providers.ts';
import type { SandboxAccount } from '../bytez/faults-file.ts';
import type { TelegramSandbox } from '../telegram/telegram-sandbox.ts';
import { Participants, type ParticipantRole } from './participants.ts';
import { fileOf } from './chat-view.ts';
import { FaultControls } from './fault-controls.ts';
import type { AppView } from './app-view.ts';
import { fileResponse } from './file-response.ts';
import { pageActions } from './page-actions.ts';
import { PageFeed } from './page-feed.ts';
import { onlyLoopback, safeHeaders } from './page-guard.ts';
import { PageState } from './page-state.ts';

export type Asset = { readonly type: string; readonly text: string };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads the static files of the page, by name. Only these can be requested. */
function readAssets(): ReadonlyMap<string, Asset> {
  const folder = join(import.meta.dirname, 'assets');
  return new Map(
    readdirSync(folder).flatMap((name) => {
      const type = types[extname(name)];
      return type === undefined ? [] : [[name, { type, text: readFileSync(join(folder, name), 'utf8') }] as const];
    }),
  );
}

export type ChatPageOptions = {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  /** The accounts of the provider, in the order of the keys of the bot. */
  readonly accounts: readonly SandboxAccount[];
  /** The providers of the chain that can be broken, in its order. */
  readonly providers: readonly BreakableProvider[];
  readonly view: AppView;
  readonly clock: Clock;
  /** The user ids of the participants. */
  readonly ids: Readonly<Record<ParticipantRole, number>>;
  /** Who is shown first, and the language of every phone. */
  readonly first: ParticipantRole;
  readonly language: string;
  /** The languages that a phone can be set to. */
  readonly languages: readonly string[];
};

export type ChatPage = Disposable & {
  readonly app: Hono;
  readonly participants: Participants;
};

/** Creates the chat page: chats with the bot, and beside them the state of keys, queue and requests. */
export function createChatPage(options: ChatPageOptions): ChatPage {
  const { telegram, bytez, accounts, providers, view, clock, ids, first, language, languages } = options;
  const participants = new Participants({ telegram, ids, language });
  const faultControls = new FaultControls({ telegram, bytez, accounts, providers, process: view.process });
  const feed = new PageFeed();
  feed.publish('settings', {
    languages,
    first: ids[first],
    group: { id: participants.group.id, title: participants.group.title },
    bot: telegram.botUsername,
  });
  const state = new PageState({ telegram, bytez, view, clock, participants, faultControls, feed });
  const assets = readAssets();
  const closing = new AbortController();

  const app = new Hono();
  app.use(safeHeaders);
  app.use(onlyLoopback);
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const clientGone = new AbortController();
      stream.onAbort(() => clientGone.abort());
      for await (const message of feed.read(AbortSignal.any([clientGone.signal, closing.signal]))) {
        await stream.writeSSE(message);
      }
    }),
  );
  app.get('/api/files/:id', (c) => {
    const id = c.req.param('id');
    const chats = participants.members.flatMap(({ person }) => [
      person.messages(),
      person.messages(participants.group),
    ]);
    const file = chats
      .flat()
      .map(fileOf)
      .find((found) => found?.fileId === id);
    if (file === undefined) return c.json({ error: 'There is no such file' }, 404);
    const { status, headers, body } = fileResponse(file, c.req.header('range'));
    return c.body(body, status, headers);
  });
  app.route(
    '/api',
    pageActions({
      participants,
      faultControls,
      languages,
      wakeKeys: () => view.wakeKeys(),
      killed: (process) => state.recordKill(process),
      changed: () => state.changed(),
    }),
  );
  app.get('/:name{[a-z.-]*}', (c) => {
    const asset = assets.get(c.req.param('name') || 'index.html');
    if (asset === undefined) return c.json({ error: 'There is no such page' }, 404);
    return c.body(asset.text, 200, { 'Content-Type': asset.type });
  });
  app.notFound((c) => c.json({ error: 'There is no such page' }, 404));
  app.onError((error, c) => c.json({ error: error.message }, 500));
  return {
    app,
    participants,
    [Symbol.dispose]: () => {
      closing.abort();
      state[Symbol.dispose]();
    },
  };
}
