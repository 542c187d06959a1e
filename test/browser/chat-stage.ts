import type { BrowserContextOptions } from 'playwright-core';
import { expect } from 'vitest';
import { openDemoApp, roles } from '../../src/cli/demo/demo-app.ts';
import { openDemoPage } from '../../src/cli/demo/demo-page.ts';
import type { RotationStrategy } from '../../src/config/config.ts';
import type { EmitOfDemo } from '../../src/cli/demo/demo-bots.ts';
import { sharedChromium, visitPage } from './chromium.ts';

/** The demo with its page, and a browser that reports what it complains about. */
export async function openChatStage(chromiumPath: string, rotation?: RotationStrategy, processes?: number) {
  await using opening = new AsyncDisposableStack();
  const listeners = new Set<EmitOfDemo>();
  const demoApp = opening.use(
    await openDemoApp({
      emit: (event, process) => {
        for (const listener of listeners) listener(event, process);
      },
      pictureMs: 300,
      rotation,
      processes,
    }),
  );
  const chatPage = opening.use(
    await openDemoPage({
      demoApp,
      onEvent: (listener) => {
        listeners.add(listener);
        return { [Symbol.dispose]: () => void listeners.delete(listener) };
      },
      first: 'free',
      languageCode: 'en',
      port: 0,
    }),
  );
  const browser = await sharedChromium(chromiumPath);
  const complaints: string[] = [];
  const robin = chatPage.participants.member(roles.free)?.person;
  if (robin === undefined) throw new Error('Cannot find Robin on the page');
  const opened = opening.move();
  return {
    /** What the browser complained about: errors, and anything that the content policy had to stop. */
    complaints,
    visit: (options: BrowserContextOptions) => visitPage(browser, { url: chatPage.url, complaints, opened }, options),
    /** A call of the Bot API, to Robin's chat. */
    bot: async (method: string, params: object): Promise<void> => {
      const { url, token } = demoApp.telegram;
      const response = await fetch(`${url}/bot${token}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ chat_id: robin.id, ...params }),
      });
      expect(await response.json()).toMatchObject({ ok: true });
    },
    lastPhoto: () => robin.messages().findLast(({ photo }) => photo !== undefined)?.photo?.fileId,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
