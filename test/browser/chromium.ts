import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
] as const;

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
