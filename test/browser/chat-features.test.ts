import type { Locator, Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { fieldOf, pathOfShot, pictures, say } from './chat-actions.ts';
import { openChatStage } from './chat-stage.ts';
import { closeChromium, findChromium } from './chromium.ts';

const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined;
const desktop = { width: 1440, height: 900 } as const;
const phone = { width: 375, height: 812 } as const;

afterAll(closeChromium);

const latest = (where: Page | Locator, words: string | RegExp): Locator =>
  where.locator('.theirs', { hasText: words }).last();

/** The same page in light and in dark; nothing stands out at its side. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: pathOfShot(`${name}-${colorScheme}.png`) });
  }
  expect(await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
}

test.skipIf(isBlind)(
  'settings, an album, a history with a favourite, feedback and a report look right on a phone and on a desktop',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '');
    const page = await stage.visit({ viewport: phone });
    await fieldOf(page).waitFor();
    await say(page, '/settings');
    const settings = latest(page, 'Your settings');
    await settings.getByRole('button', { name: 'Private' }).click();
    await settings.getByText('I leave new requests out of your history').waitFor();
    await shoot(page, 'phone-settings');
    await settings.getByRole('button', { name: 'Private' }).click();
    await settings.getByText('I leave new requests out').waitFor({ state: 'hidden' });

    await say(page, '/generate a red fox in the snow');
    await pictures(page, 1);
    await page.locator('.mine', { hasText: 'a red fox' }).getByText('🎉').waitFor();
    await latest(page, 'a red fox').getByRole('button', { name: 'Variations' }).click();
    await page.getByRole('button', { name: '×3' }).click();
    await page.locator('.album.of-3').waitFor();
    await page.getByRole('button', { name: '3', exact: true }).waitFor();
    await shoot(page, 'phone-album');

    await say(page, '/history');
    const history = latest(page, 'Your history');
    await history.getByRole('button', { name: '1', exact: true }).click();
    await page.getByRole('button', { name: 'To favourites' }).click();
    await page.getByRole('button', { name: '★ Favourite' }).waitFor();
    await say(page, '/favourites');
    await latest(page, 'Your favourites').getByText('★').waitFor();
    await shoot(page, 'phone-history');

    const wide = await stage.visit({ viewport: desktop });
    await fieldOf(wide).waitFor();
    await wide.getByRole('button', { name: '3 people' }).click();
    const [robin, noor, alex] = [0, 1, 2].map((place) => wide.locator('.pane').nth(place));
    if (robin === undefined || noor === undefined || alex === undefined) throw new Error('Cannot find three panes');
    await noor.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
    await robin.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
    await alex.getByLabel('My language').selectOption('ar');
    await say(noor, '/generate a cat asleep');
    await pictures(robin, 1);
    await say(alex, '/settings');
    await alex.locator('.theirs', { hasText: 'إعداداتك' }).waitFor();
    await robin.getByRole('button', { name: 'Report' }).click();
    await wide.locator('.toast', { hasText: 'admins of this bot have been told' }).waitFor();
    const report = alex.locator('.theirs', { hasText: 'تم الإبلاغ عن نتيجة' });
    await report.waitFor();
    expect(await report.locator('.row .tint-danger').count()).toBe(2);
    await shoot(wide, 'desktop-report');
    expect(stage.complaints).toEqual([]);
  },
);
