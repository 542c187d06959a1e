import { afterAll, expect, test } from 'vitest';
import { hasPostgres } from '../support/postgres-server.ts';
import { fieldOf, pathOfShot, pictures, say } from './chat-actions.ts';
import { openChatStage } from './chat-stage.ts';
import { closeChromium, findChromium } from './chromium.ts';

const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined || !hasPostgres;
const desktop = { width: 1440, height: 900 } as const;
const phone = { width: 390, height: 844 } as const;

afterAll(closeChromium);

test.skipIf(isBlind)(
  'of three processes the one that makes a picture is killed, the others deliver it, and it is started again',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '', undefined, 3);
    const page = await stage.visit({ viewport: desktop });
    await fieldOf(page).waitFor();
    const rows = page.locator('.processes li');
    const pollers = rows.filter({ hasText: 'polls Telegram' });
    await pollers.waitFor();
    expect(await rows.count()).toBe(3);
    // What belongs to a bot that is one process is not offered.
    expect(await page.getByRole('button', { name: 'Kill the bot' }).count()).toBe(0);
    expect(await page.getByText('The disk is full').isVisible()).toBe(false);

    const hold = page.getByRole('switch', { name: 'Hold every run' });
    await hold.check();
    await say(page, '/generate a lighthouse in a storm');
    const maker = rows.filter({ hasText: 'makes 1 request' });
    await maker.waitFor();
    const number = Number(/Process (\d)/.exec((await maker.textContent()) ?? '')?.[1]);
    await page.screenshot({ path: pathOfShot('processes-running.png') });
    await page.getByRole('button', { name: `Kill: Process ${number}` }).click();
    await page.locator('.toast', { hasText: `Process ${number} was killed` }).waitFor();
    const dead = page.locator('.processes li[data-state="dead"]');
    await dead.getByText('1 request to be taken over').waitFor();
    await page.locator('.step', { hasText: `Process ${number} was killed` }).waitFor();
    await page.screenshot({ path: pathOfShot('processes-killed.png') });

    await rows.and(page.locator('[data-state="running"]')).filter({ hasText: 'makes 1 request' }).waitFor();
    await pollers.waitFor();
    await page
      .locator('.step', { hasText: /^.*Started by process/ })
      .nth(1)
      .waitFor();
    await hold.uncheck();
    await pictures(page, 1);
    await page.locator('.pill[data-state="done"]').waitFor();
    await page.locator('.event-log', { hasText: `process ${number} was killed; it starts again by itself` }).waitFor();

    // By itself first, and then at once because somebody wants it.
    await page.getByText('3 of 3 run').waitFor();
    await page.getByRole('button', { name: `Kill: Process ${number}` }).click();
    await page.getByRole('button', { name: `Start now: Process ${number}` }).click();
    await page.locator('.toast', { hasText: `Process ${number} starts.` }).waitFor();
    await page.getByText('3 of 3 run').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: pathOfShot('processes-delivered-dark.png') });

    const small = await stage.visit({ viewport: phone });
    await small.getByRole('button', { name: 'Behind the scenes' }).click();
    await small.getByText('3 of 3 run').waitFor();
    await small.screenshot({ path: pathOfShot('processes-phone.png') });
    expect(await small.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
    expect(stage.complaints).toEqual([]);
  },
);
