import { afterAll, expect, test } from 'vitest';
import { commandsOf, fieldOf, pathOfShot, pictures, say } from './chat-actions.ts';
import { openChatStage } from './chat-stage.ts';
import { closeChromium, findChromium } from './chromium.ts';
import { measured } from './measures.ts';

const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined;
const smallest = 4.5;

afterAll(closeChromium);

test.skipIf(isBlind)(
  'the page fits a phone of 320, 360 and 375 px and three people at 1,280 px, and all of it can be read',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '', 'round-robin');
    const desktop = await stage.visit({ viewport: { width: 1280, height: 800 } });
    await fieldOf(desktop).waitFor();
    await desktop.getByRole('button', { name: '3 people' }).click();
    const [robin, noor, alex] = [0, 1, 2].map((index) => desktop.locator('.pane').nth(index));
    if (robin === undefined || noor === undefined || alex === undefined) throw new Error('Cannot find three panes');
    await noor.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
    await say(robin, `/generate a fox ${'W'.repeat(90)}`);
    await pictures(robin, 1);
    await say(robin, '/help');
    await say(noor, '/generate a very long wish for a lighthouse in a storm, oil painting');
    await say(alex, '/keys');
    await pictures(noor, 1);
    await alex.locator('.keyboard button').first().waitFor();
    expect(await measured(desktop, 'overflow')).toEqual({ pixels: 0, elements: [] });
    expect(await measured(desktop, 'coveredControls')).toEqual([]);
    expect(await measured(desktop, 'brokenLists')).toEqual([]);
    await desktop.screenshot({ path: pathOfShot('three-people-1280.png') });
    // What is not always there has to be readable too: an open list, a reply, an announcement.
    await robin
      .getByRole('button', { name: /^Reply to/ })
      .last()
      .click();
    await robin.getByRole('button', { name: 'Commands', exact: true }).click();
    await desktop.getByRole('button', { name: 'Kill the bot' }).click();
    await desktop.getByText('The bot is down').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await desktop.emulateMedia({ colorScheme });
      await desktop.locator(`html[data-theme="${colorScheme}"]`).waitFor({ state: 'attached' });
      expect((await measured(desktop, 'contrasts')).filter(({ ratio }) => ratio < smallest)).toEqual([]);
    }

    await desktop.getByText('The bot is down').waitFor({ state: 'hidden' });
    for (const width of [320, 360, 375]) {
      const phone = await stage.visit({ viewport: { width, height: 640 }, hasTouch: true, isMobile: true });
      await pictures(phone, 1);
      await phone.locator('.message', { hasText: '/generate' }).first().waitFor();
      expect([width, await measured(phone, 'overflow'), await measured(phone, 'coveredControls')]).toEqual([
        width,
        { pixels: 0, elements: [] },
        [],
      ]);
      expect([width, await measured(phone, 'brokenWords')]).toEqual([width, []]);
      await phone.screenshot({ path: pathOfShot(`phone-${width}.png`) });
      await phone.getByRole('button', { name: 'Commands', exact: true }).tap();
      await commandsOf(phone).first().waitFor();
      await phone.getByRole('button', { name: 'Behind the scenes' }).tap();
      await phone.getByRole('heading', { name: 'Break things' }).waitFor();
      expect([width, await measured(phone, 'overflow')]).toEqual([width, { pixels: 0, elements: [] }]);
      await phone.screenshot({ path: pathOfShot(`phone-${width}-panel.png`), fullPage: true });
    }
    expect(stage.complaints).toEqual([]);
  },
);
