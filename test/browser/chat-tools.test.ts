import { afterAll, expect, test } from 'vitest';
import { tinyPhoto } from '../../sandbox/telegram/people/person.ts';
import { commandsOf, fieldOf, pathOfShot, pictures, say } from './chat-actions.ts';
import { openChatStage } from './chat-stage.ts';
import { closeChromium, findChromium, patienceMs } from './chromium.ts';

const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined;
const desktop = { width: 1280, height: 800 } as const;

afterAll(closeChromium);

test.skipIf(isBlind)(
  'somebody opens the commands by their button, replies to a picture and sends a photo with words',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '', 'round-robin');
    const page = await stage.visit({ viewport: desktop });
    await page.locator('textarea:focus').waitFor();
    const menu = page.getByRole('button', { name: 'Commands', exact: true });
    await menu.click();
    await commandsOf(page).first().waitFor();
    await say(page, '/generate a paper boat');
    await pictures(page, 1);
    // It stays open with the focus in the field, whatever timer runs out meanwhile.
    await page.clock.install();
    expect(await page.locator('textarea:focus').count()).toBe(1);
    await menu.click();
    await page.clock.fastForward(5_000);
    expect(await commandsOf(page).count()).toBeGreaterThan(3);
    expect(await page.locator('textarea:focus').count()).toBe(1);
    await commandsOf(page).filter({ hasText: '/status' }).click();
    expect(await fieldOf(page).inputValue()).toBe('/status ');
    await menu.click();
    await menu.click();
    expect(await commandsOf(page).count()).toBe(0);

    await page
      .getByRole('button', { name: /^Reply to Darkroom/ })
      .last()
      .click();
    await page.locator('.extra', { hasText: 'Reply to Darkroom' }).waitFor();
    await say(page, 'at night');
    await page.locator('.mine .reply', { hasText: 'Darkroom' }).waitFor();
    await pictures(page, 2);
    expect(await page.locator('.extra').count()).toBe(0);

    // Inline mode: an @ offers the bot, its words one's own results, and a press posts one of them.
    await page.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
    await fieldOf(page).fill('@');
    await commandsOf(page).filter({ hasText: '@darkroom_demo_bot' }).click();
    await fieldOf(page).press('End');
    await fieldOf(page).pressSequentially('paper boat');
    await page.clock.fastForward(1_000);
    const offered = page.getByRole('group', { name: 'Inline results' });
    await offered.getByRole('button', { name: 'Post: a paper boat' }).first().click();
    await page.locator('.mine .with-media').waitFor();
    expect(await fieldOf(page).inputValue()).toBe('');
    await fieldOf(page).fill('@darkroom_demo_bot a lighthouse');
    await page.clock.fastForward(1_000);
    await offered.getByText('Nothing of yours has these words.').waitFor();
    await page.screenshot({ path: pathOfShot('inline-results.png') });
    await offered.getByRole('button', { name: 'Make this now' }).click();
    await page.locator('.mine', { hasText: '/start gen_' }).waitFor();
    expect(await page.getByLabel('Which chat').locator('option:checked').textContent()).toBe('With the bot');

    await page.locator('input[type=file]').setInputFiles({
      name: 'holiday.png',
      mimeType: 'image/png',
      buffer: Buffer.from(tinyPhoto()),
    });
    await page.locator('.extra', { hasText: 'holiday.png' }).waitFor();
    await say(page, '/generate a castle under the moon');
    await page.locator('.mine .with-media', { hasText: 'a castle under the moon' }).waitFor();
    await page.locator('input[type=file]').setInputFiles({
      name: 'notes.png',
      mimeType: 'image/png',
      buffer: Buffer.from('no picture'),
    });
    await page.locator('.extra', { hasText: 'notes.png' }).waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('.toast', { hasText: 'does not take this file as a photo' }).waitFor();
    expect(stage.complaints.filter((words) => !words.includes('409'))).toEqual([]);
  },
);

test.skipIf(isBlind)(
  'a page that is loaded again shows the same people in the same chats; the story names key and model',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '', 'round-robin');
    const page = await stage.visit({ viewport: desktop });
    await fieldOf(page).waitFor();
    await page.getByRole('button', { name: '2 people' }).click();
    await page.locator('.pane').nth(0).getByLabel('Who I am').selectOption({ label: 'Alex · admin' });
    await page.locator('.pane').nth(1).getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
    await page.reload();
    await page.locator('.pane').nth(1).waitFor();
    const [alex, group] = [page.locator('.pane').nth(0), page.locator('.pane').nth(1)];
    expect(await alex.getByLabel('Who I am').locator('option:checked').textContent()).toBe('Alex · admin');
    expect(await group.getByLabel('Who I am').locator('option:checked').textContent()).toBe('Noor · premium');
    expect(await group.getByLabel('Which chat').locator('option:checked').textContent()).toBe('Group: Film club');

    const origins = await page.locator('.keys select option[value="scripted"]').allTextContents();
    expect(origins.slice(0, 4)).toEqual([
      'refused (as it came)',
      'out of credit (as it came)',
      'rate-limited now and then (as it came)',
      'fails every third call (as it came)',
    ]);
    await page.getByRole('switch', { name: 'Every prompt is refused' }).check();
    await say(alex, '/generate a red fox');
    await alex.getByText('The service declined this request').waitFor();
    await page.getByRole('switch', { name: 'Every prompt is refused' }).uncheck();
    await say(alex, '/generate a red fox in the snow');
    await pictures(alex, 1);
    const last = page.locator('.step', { has: page.locator('.with-key') }).last();
    expect(await last.locator('.with-model').textContent()).toMatch(/^[\w.-]+\/[\w.-]+$/);
    expect(stage.complaints).toEqual([]);
  },
);

test.skipIf(isBlind)(
  'a switch keeps what somebody chose while an older state of the demo arrives, and gives way when it was not taken',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '');
    const page = await stage.visit({ viewport: desktop });
    await fieldOf(page).waitFor();
    const answered = Promise.withResolvers<void>();
    await page.route('**/api/provider', async (route) => {
      await answered.promise;
      await route.fulfill({ status: 400, json: { error: 'Not now.' } });
    });
    const hold = page.getByRole('switch', { name: 'Hold every run' });
    await hold.click();
    await page.getByLabel('What bytez #3 does').selectOption('refused');
    await page.locator('.keys [data-name="bytez #3"][data-mode="refused"]').waitFor();
    expect(await hold.isChecked()).toBe(true);
    answered.resolve();
    await page.locator('.toast', { hasText: 'Not now.' }).waitFor();
    await expect.poll(() => hold.isChecked(), { timeout: patienceMs }).toBe(false);
  },
);

test.skipIf(isBlind)(
  'somebody kills the bot while it makes a picture, sees it come back and finish, then fills its disk',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '', 'round-robin');
    const page = await stage.visit({ viewport: desktop });
    await fieldOf(page).waitFor();
    const hold = page.getByRole('switch', { name: 'Hold every run' });
    await hold.check();
    await say(page, '/generate a lighthouse in a storm');
    await page.locator('.step.busy').waitFor();
    await page.getByRole('button', { name: 'Kill the bot' }).click();
    await page.locator('.toast', { hasText: 'starts again by itself' }).waitFor();
    await page.getByText('The bot is down; it starts again by itself').waitFor();
    await page.locator('.step', { hasText: 'The bot was killed' }).waitFor();
    await page.getByText('The bot is down; it starts again by itself').waitFor({ state: 'hidden' });
    await hold.uncheck();
    await pictures(page, 1);
    await page.locator('.pill[data-state="done"]').waitFor();

    const disk = page.getByRole('switch', { name: 'The disk is full' });
    await disk.check();
    await say(page, '/generate a red fox in the snow');
    await page.getByText('I have trouble with my storage').waitFor();
    await disk.uncheck();
    expect(stage.complaints).toEqual([]);
  },
);

test.skipIf(isBlind)(
  'somebody pays for a pack and a subscription with play Stars, which is renewed, canceled and resumed',
  async () => {
    await using stage = await openChatStage(chromiumPath ?? '');
    const page = await stage.visit({ viewport: desktop });
    await fieldOf(page).waitFor();
    await say(page, '/premium');
    await page.getByRole('button', { name: /20 results/ }).click();
    await page.getByRole('button', { name: 'Pay ⭐ 50' }).click();
    await page.locator('.mine .words', { hasText: 'Paid ⭐ 50' }).waitFor();
    await page.locator('.theirs .words', { hasText: /Thank you!.*20 results/ }).waitFor();

    await page.getByText('There are no subscriptions yet').waitFor();
    await page.getByRole('button', { name: /30 days/ }).click();
    const subscribe = page.getByRole('button', { name: /^Subscribe/ });
    await subscribe.click();
    await page.locator('.theirs .words', { hasText: 'You have premium until' }).waitFor();
    // The bot declines a second subscription before any Star moves, and the page says so.
    await subscribe.click();
    await page.locator('.toast', { hasText: 'no Stars were taken' }).waitFor();

    const subscription = page.getByRole('list', { name: 'Subscriptions' });
    await subscription.getByText(/renews on/).waitFor();
    await subscription.scrollIntoViewIfNeeded();
    await page.screenshot({ path: pathOfShot('payments.png') });
    await subscription.getByRole('button', { name: 'Renew now' }).click();
    await page.locator('.mine .words', { hasText: 'Renewed: ⭐ 250' }).waitFor();
    await subscription.getByRole('button', { name: 'Cancel it' }).click();
    await subscription.getByText(/canceled, ends on/).waitFor();
    await subscription.getByRole('button', { name: 'Renew now' }).click();
    await page.locator('.toast', { hasText: 'The subscription was canceled' }).waitFor();
    await say(page, '/premium');
    await page.locator('.theirs .words', { hasText: 'Your subscription doesn’t renew' }).waitFor();
    await subscription.getByRole('button', { name: 'Resume it' }).click();
    await subscription.getByRole('button', { name: 'Renew without Stars' }).click();
    await page.locator('.toast', { hasText: 'too few Stars' }).waitFor();
    expect(await page.locator('.mine .words', { hasText: 'Paid ⭐' }).count()).toBe(2);
    expect(stage.complaints).toEqual([]);
  },
);
