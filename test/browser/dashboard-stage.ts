import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { adminToken } from '../http/test-server.ts';
import { openTestApp, type TestAppOptions } from '../support/test-app.ts';
import { sharedChromium, visitPage } from './chromium.ts';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** The bot with its dashboard, and a browser that reports what it complains about. */
export async function openDashboardStage(chromiumPath: string, options: TestAppOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const bot = opening.use(await openTestApp({ ...options, env: { ADMIN_TOKEN: adminToken, ...options.env } }));
  const browser = await sharedChromium(chromiumPath);
  const url = bot.app.httpUrl;
  const complaints: string[] = [];
  const opened = opening.move();
  const visit = (contextOptions: BrowserContextOptions = {}) =>
    visitPage(browser, { url, complaints, opened }, contextOptions);
  return {
    bot,
    url,
    /** Errors, warnings, whatever the content policy stopped, foreign addresses. */
    complaints,
    visit,
    /** A page that has signed in and shows the state of the bot. */
    enter: async (contextOptions: BrowserContextOptions = {}): Promise<Page> => {
      const page = await visit(contextOptions);
      await page.getByLabel('Admin token').fill(adminToken);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('live', { exact: true }).waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

type AxeResult = { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string }[] };

/** What axe-core finds wrong with the page as it is now, one line for each rule. */
export async function barriers(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate<readonly AxeResult[]>(
    `(async () => { const module = undefined; ${axe}\n; return (await axe.run(document)).violations; })()`,
  );
  return found.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  );
}
