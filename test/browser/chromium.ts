import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { adminToken } from '../http/test-server.ts';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
] as const;

/** How long anything on a page may take to appear. */
export const patienceMs = 60_000;

/** Offline, unshared, and able to run as root in a container. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where this machine has a Chromium; undefined, after saying so loudly, when it has none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  const path = [...(named === undefined ? [] : [named]), ...usualPlaces].find((place) => existsSync(place));
  if (path === undefined) {
    process.stderr.write(
      '\n!!! SKIPPED: no Chromium on this machine, so nobody looked at the pages. Install one with "apt-get install chromium", or name one in CHROMIUM_PATH.\n\n',
    );
  }
  return path;
}

let shared: Promise<Browser> | undefined;

/** The browser of this worker, started once; `closeChromium` ends it. */
export function sharedChromium(path: string): Promise<Browser> {
  shared ??= chromium.launch({ executablePath: path, headless: true, args: flags });
  return shared;
}

export async function closeChromium(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}

/** Where a page is opened, and what becomes of its errors, warnings and requests to other places. */
export type Visit = {
  readonly url: string;
  readonly complaints: string[];
  /** Takes the context of the page, which is closed at its end. */
  readonly opened: AsyncDisposableStack;
};

/** Opens the page in a context of its own. */
export async function visitPage(
  browser: Browser,
  { url, complaints, opened }: Visit,
  options: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext({ colorScheme: 'light', locale: 'en-GB', ...options });
  opened.defer(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
    if (request.url().includes(adminToken)) complaints.push('the token is in an address');
  });
  await page.goto(url);
  return page;
}
