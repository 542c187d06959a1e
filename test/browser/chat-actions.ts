import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { patienceMs } from './chromium.ts';

/** Where a screenshot goes. The one for README is only replaced when asked for; the others show the latest run. */
export function pathOfShot(name: string, home?: 'docs'): string {
  const isAsked = home === 'docs' && process.env['UPDATE_SCREENSHOT'] === '1';
  const folder = isAsked ? join(import.meta.dirname, '..', '..', home) : join(tmpdir(), 'darkroom-chat-page');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}

export function fieldOf(where: Page | Locator): Locator {
  return where.getByRole('combobox', { name: 'Message', exact: true });
}

/** The open list of commands. */
export function commandsOf(where: Page | Locator): Locator {
  return where.getByRole('listbox', { name: 'Commands' }).getByRole('option');
}

export async function say(where: Page | Locator, words: string): Promise<void> {
  await fieldOf(where).fill(words);
  await fieldOf(where).press('Enter');
}

/** Waits until so many pictures are there and drawn. */
export async function pictures(where: Page | Locator, count: number): Promise<void> {
  const shown = where.locator('.picture img');
  await shown.nth(count - 1).waitFor();
  const areDrawn = () =>
    shown.evaluateAll((images) => images.every((image) => 'naturalWidth' in image && image.naturalWidth !== 0));
  await expect.poll(areDrawn, { timeout: patienceMs }).toBe(true);
}
