import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { commandsOf, fieldOf, pathOfShot, pictures, say } from './chat-actions.ts';
import { openChatStage } from './chat-stage.ts';
import { closeChromium, findChromium, patienceMs } from './chromium.ts';

const catalog = loadCatalog();
const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined;
const desktop = { width: 1440, height: 900 } as const;
const phone = { width: 390, height: 844 } as const;

afterAll(closeChromium);

test.skipIf(isBlind)(
  'somebody types, cancels, asks again, breaks a key and sees the picture through another one',
  async () => {
    // Each key in its turn, so that the broken one has its turn next.
    await using stage = await openChatStage(chromiumPath ?? '', 'round-robin');
    const page = await stage.visit({ viewport: desktop });
    const field = fieldOf(page);
    await field.waitFor();
    expect(await page.locator('textarea:focus').count()).toBe(1);
    await page.keyboard.type('/start');
    await page.keyboard.press('Enter');
    await page.getByText('I turn a sentence into a picture').waitFor();

    // It rests for seconds now and then, and would take a turn that a slow page does not expect.
    await page.getByLabel('What bytez #3 does').selectOption('refused');
    await page.getByRole('switch', { name: 'Hold every run' }).check();
    await say(page, '/generate a cat on a hill');
    await page.getByRole('button', { name: /Cancel/ }).click();
    await page.locator('.toast', { hasText: 'Cancelled' }).waitFor();
    await page.locator('.pill[data-state="cancelled"]').waitFor();
    await page.getByRole('button', { name: /Cancel/ }).waitFor({ state: 'detached' });

    await page.getByRole('switch', { name: 'Hold every run' }).uncheck();
    await page.getByRole('button', { name: /again/i }).last().click();
    await pictures(page, 1);

    const next = await nextKey(page);
    await page.getByLabel(`What ${next} does`).selectOption('refused');
    await say(page, '/generate a red fox in the snow');
    await pictures(page, 2);
    const attempts = page.locator('.step', { has: page.locator('.with-key') });
    const refused = attempts.filter({ hasText: next }).filter({ hasText: 'the key was refused' });
    await refused.waitFor();
    const last = attempts.last();
    expect(await last.textContent()).toContain('answered in');
    expect(await last.textContent()).not.toContain(next);
    await page.locator(`.keys [data-name="${next}"][data-state="benched"]`).waitFor();

    await page.getByRole('switch', { name: 'Hold every run' }).check();
    await page.getByLabel('Which request').selectOption({ label: 'Robin: a red fox in the snow' });
    await fieldOf(page).focus();
    await page.getByRole('button', { name: 'A crowd asks' }).click();
    await page.locator('.lane', { hasText: 'Free lane' }).locator('.place').nth(2).waitFor();
    await page.locator('.lane', { hasText: 'Being made' }).locator('.place').nth(2).waitFor();
    expect(await last.textContent()).toContain('answered in');

    await page.locator('.panel').evaluate((panel) => panel.scrollTo(0, 0));
    await page.locator('.toast').first().waitFor({ state: 'detached', timeout: patienceMs });
    await page.screenshot({ path: pathOfShot('chat-page.png', 'docs') });
    await page.getByRole('button', { name: 'Turn the light off' }).click();
    await page.screenshot({ path: pathOfShot('desktop-dark.png') });
    const small = await stage.visit({ viewport: phone });
    await pictures(small, 2);
    await small.screenshot({ path: pathOfShot('phone-light.png') });
    await small.getByRole('button', { name: 'Behind the scenes' }).click();
    await small.emulateMedia({ colorScheme: 'dark' });
    await small.getByRole('heading', { name: 'Break things' }).waitFor();
    await small.screenshot({ path: pathOfShot('phone-dark.png') });
    expect(await small.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
    await page.getByRole('switch', { name: 'Hold every run' }).uncheck();
    expect(stage.complaints).toEqual([]);
  },
);

test.skipIf(isBlind)('somebody uses nothing but the keyboard, and asks for all of it', async () => {
  await using stage = await openChatStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: desktop, reducedMotion: 'reduce' });
  const field = fieldOf(page);
  await page.locator('textarea:focus').waitFor();
  await page.keyboard.type('/');
  const options = commandsOf(page);
  await options.first().waitFor();
  const [first = '', second = ''] = await options.locator('b').allTextContents();
  await page.keyboard.press('ArrowDown');
  expect(await page.locator('.commands [aria-selected="true"]').locator('b').textContent()).toBe(second);
  await page.keyboard.press('Escape');
  expect(await options.count()).toBe(0);
  await page.keyboard.press('Backspace');
  await page.keyboard.type('/');
  await options.first().waitFor();
  await page.keyboard.press('Enter');
  expect(await field.inputValue()).toBe(`${first} `);
  await page.keyboard.type('a paper boat');
  await page.keyboard.press('Enter');
  await pictures(page, 1);
  const again = page.getByRole('button', { name: /again/i });
  await again.focus();
  await page.keyboard.press('Enter');
  await pictures(page, 2);
  const picture = page.getByRole('button', { name: /^Picture/ }).first();
  await picture.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('three people side by side, one of them in the group and one in another language', async () => {
  await using stage = await openChatStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: desktop });
  await fieldOf(page).waitFor();
  await page.getByRole('button', { name: '3 people' }).click();
  const panes = page.locator('.pane');
  expect(await panes.count()).toBe(3);
  const [robin, noor, alex] = [panes.nth(0), panes.nth(1), panes.nth(2)];
  await noor.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
  await robin.getByLabel('Which chat').selectOption({ label: 'Group: Film club' });
  await say(noor, '/generate a cat asleep');
  await robin.locator('.theirs .sender', { hasText: 'Noor' }).waitFor();
  await pictures(robin, 1);
  await robin.getByRole('button', { name: /again/i }).click();
  await page.locator('.toast', { hasText: 'someone else' }).waitFor();
  await alex.getByLabel('My language').selectOption('es');
  await say(alex, '/keys');
  await alex.getByText('en forma').waitFor();
  await fieldOf(alex).fill('/k');
  await commandsOf(alex).filter({ hasText: '/keys' }).waitFor();
  await fieldOf(robin).fill('/k');
  expect(await commandsOf(robin).count()).toBe(0);
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('a command in a sentence from right to left begins on the left', async () => {
  await using stage = await openChatStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: phone });
  await fieldOf(page).waitFor();
  await say(page, '/start');
  await page.getByText('I turn a sentence into a picture').waitFor();
  for (const locale of ['ar', 'fa']) {
    for (const id of ['unknown-command', 'styles.header'] as const) {
      await stage.bot('sendMessage', { parse_mode: 'HTML', text: catalog.say(locale, id) });
    }
  }
  await page.locator('.words:has-text("--style نام")').waitFor();
  const orders: unknown = await page.evaluate(`
    [...document.querySelectorAll('.words .command, .words code')].slice(-4).map(({ firstChild }) => {
      const leftOf = (index) => {
        const range = document.createRange();
        range.setStart(firstChild, index);
        range.setEnd(firstChild, index + 1);
        return range.getBoundingClientRect().left;
      };
      return [firstChild.data, leftOf(0) < leftOf(1) && leftOf(1) < leftOf(2)];
    })`);
  expect(orders).toEqual(['/help', '--style الاسم', '/help', '--style نام'].map((text) => [text, true]));
});

test.skipIf(isBlind)('what people write is shown as they wrote it, and nothing of it runs', async () => {
  await using stage = await openChatStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: phone });
  await fieldOf(page).waitFor();
  const words = '<img src=x onerror="document.title=1"> <b>&amp;</b> 🦊';
  await say(page, `/generate ${words}`);
  await pictures(page, 1);
  await page.locator('.mine .words').getByText(words, { exact: false }).waitFor();
  expect(await page.title()).toBe('Darkroom');
  expect(await page.locator('.words img, .words script').count()).toBe(0);
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('what the bot does, its albums and its formatting look as they do in Telegram', async () => {
  await using stage = await openChatStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: desktop });
  await fieldOf(page).waitFor();
  await say(page, '/generate a paper boat');
  await pictures(page, 1);
  await stage.bot('sendChatAction', { action: 'upload_photo' });
  await page.getByText('Darkroom is sending a picture').waitFor();
  const photo = stage.lastPhoto();
  await stage.bot('sendMediaGroup', {
    media: [0, 1, 2].map((part) => ({
      type: 'photo',
      media: photo,
      ...(part === 0 ? { caption: 'three boats' } : {}),
    })),
  });
  await page.getByText('Darkroom is sending a picture').waitFor({ state: 'hidden' });
  await page
    .locator('.album.of-3')
    .getByRole('button', { name: /^Picture/ })
    .nth(2)
    .waitFor();
  expect(await page.locator('.message', { has: page.locator('.album') }).count()).toBe(1);
  const lines = Array.from({ length: 12 }, (_, line) => `line ${line}`).join('\n');
  await stage.bot('sendMessage', {
    parse_mode: 'HTML',
    text: `<b>bold</b> <tg-spoiler>secret</tg-spoiler> <a href="https://example.com/">link</a> <blockquote expandable>${lines}</blockquote>`,
  });
  await page.locator('.words b', { hasText: 'bold' }).waitFor();
  expect(await page.getByRole('link', { name: 'link' }).getAttribute('rel')).toBe('noopener noreferrer');
  expect(await page.getByText('secret').isVisible()).toBe(false);
  await page.getByRole('button', { name: /^Hidden words/ }).click();
  await page.getByText('secret').waitFor();
  await page.getByRole('button', { name: 'more', exact: true }).click();
  await page.getByRole('button', { name: 'less' }).waitFor();
  expect(stage.complaints).toEqual([]);
});

/** The key whose turn is next: the first ready one after the one that answered last. */
async function nextKey(page: Page): Promise<string> {
  const answered = await page.locator('.with-key').last().textContent();
  const rows = await page
    .locator('.keys li')
    .evaluateAll((all) => all.map((row) => [row.getAttribute('data-name'), row.getAttribute('data-state')] as const));
  const at = rows.findIndex(([name]) => name === answered);
  const [name] = [...rows.slice(at + 1), ...rows.slice(0, at)].find(([, state]) => state === 'ready') ?? [];
  if (typeof name !== 'string') throw new Error('Cannot find the next key: no other one is ready');
  return name;
}
