import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { adminToken } from '../http/test-server.ts';
import { testKey } from '../support/test-app.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { closeChromium, findChromium } from './chromium.ts';
import { barriers, openDashboardStage } from './dashboard-stage.ts';
import { measured } from './measures.ts';

const chromiumPath = findChromium();
const isBlind = chromiumPath === undefined;
const desktop = { width: 1280, height: 900 } as const;
const phone = { width: 375, height: 812 } as const;
const refusing = [{ do: { kind: 'unauthorized' } }] as const;
const inOrder = { ROTATION_STRATEGY: 'primary-first' } as const;

afterAll(closeChromium);

const stateOf = (page: Page, key: string, state: string) =>
  rowOf(page, key).locator('.state').getByText(state, { exact: true }).waitFor();

const rowOf = (page: Page, key: string) =>
  page.locator('#keys-table tbody tr').filter({ has: page.getByRole('rowheader', { name: key }) });

test.skipIf(isBlind)('an operator signs in, after a mistake, and out', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '');
  const page = await stage.visit({ viewport: desktop });
  expect(await barriers(page)).toEqual([]);
  await page.keyboard.type('not the token');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('That is not the token').waitFor();
  // The browser itself reports the status of the answer.
  expect(stage.complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  await page.getByLabel('Admin token').fill(adminToken);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Serving, all is well' }).waitFor();
  expect(await page.evaluate('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')).toBe(
    '{}{}',
  );
  expect(page.url()).toBe(`${stage.url}/`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Admin token').waitFor();
  await page.goto(`${stage.url}/#keys`);
  await page.getByLabel('Admin token').waitFor();
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('a key breaks before the operator’s eyes, is woken, and its job tells the story', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '', { accounts: [refusing, []], env: inOrder });
  const page = await stage.enter({ viewport: desktop });
  await page.getByText('Nothing is wrong.').waitFor();
  const keys = await stage.enter({ viewport: desktop });
  await keys.getByRole('link', { name: 'Keys' }).click();
  await stateOf(keys, 'bytez #1', 'Ready');

  stage.bot.person(7).say('/generate a red fox');
  await stateOf(keys, 'bytez #1', 'Refused');
  await stage.bot.event('job.delivered');
  await page.locator('.figures > div', { hasText: 'Keys ready' }).getByText('1 of 2').waitFor();

  await rowOf(keys, 'bytez #1').getByRole('button', { name: 'Test bytez #1' }).click();
  await keys.getByRole('status').getByText('bytez #1 is not accepted: refused').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'bytez #1 failed' }).waitFor();
  await page.getByRole('status').getByText('New alert: bytez #1 failed').waitFor();
  await rowOf(keys, 'bytez #1').getByRole('button', { name: 'Wake bytez #1' }).click();
  await keys.getByRole('status').getByText('bytez #1 is back at work').waitFor();
  await stateOf(keys, 'bytez #1', 'Ready');
  await rowOf(keys, 'bytez #2').getByRole('button', { name: 'Disable bytez #2' }).click();
  await stateOf(keys, 'bytez #2', 'Disabled');
  await keys.getByRole('button', { name: 'Disabled 1' }).click();
  await rowOf(keys, 'bytez #1').waitFor({ state: 'detached' });
  await rowOf(keys, 'bytez #2').getByRole('button', { name: 'Enable bytez #2' }).click();
  await keys.getByText('No key is in this state.').waitFor();

  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('rowheader').getByRole('link').first().click();
  const story = page.getByRole('dialog');
  await story.getByRole('listitem').filter({ hasText: 'bytez #1' }).getByText('Rejected').waitFor();
  await story.getByRole('listitem').filter({ hasText: 'bytez #2' }).getByText('Succeeded').waitFor();
  expect(await page.locator('body').textContent()).not.toContain('red fox');
  await page.keyboard.press('Escape');
  await story.waitFor({ state: 'hidden' });
  await page.waitForURL(`${stage.url}/#jobs`);
  await page.goto(`${stage.url}/#people/7`);
  await page.getByRole('dialog', { name: 'Person 7' }).getByText('Asked for today: image 1').waitFor();
  await page.getByRole('link', { name: 'Jobs of this person' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('rowheader').getByRole('link').first().waitFor();
  expect(await page.getByRole('textbox', { name: 'Person' }).inputValue()).toBe('7');
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('an operator adds a key: a wrong one is refused in the dialog, a good one is used', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '', {
    accounts: [[], []],
    env: { BYTEZ_API_KEYS: testKey(1), MASTER_KEY: 'canary-master-key-0123456789' },
  });
  const page = await stage.enter({ viewport: phone });
  await page.getByRole('link', { name: 'Keys' }).click();
  await stateOf(page, 'bytez #1', 'Ready');
  await page.getByRole('button', { name: 'Add a key' }).click();
  const dialog = page.getByRole('dialog');
  expect(await barriers(page)).toEqual([]);
  await dialog.getByLabel('Provider').fill('bytez');
  await dialog.getByLabel('Key').fill('canary-key-that-nobody-knows');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').getByText('bytez does not accept the key').waitFor();
  expect(stage.complaints.splice(0)).toEqual([expect.stringContaining('422')]);
  await dialog.getByLabel('Key').fill(testKey(2));
  await dialog.getByLabel('Label').fill('<b>spare</b>');
  await dialog.getByLabel('Ends on').fill('2999-01-01');
  await dialog.getByRole('button', { name: 'Test and add' }).click();
  await page.getByRole('status').getByText('bytez #2 is added').waitFor();
  await page.getByRole('rowheader', { name: 'bytez #2 · <b>spare</b>' }).waitFor();
  expect(await page.content()).not.toContain(testKey(2));
  await rowOf(page, 'bytez #2').getByText('ends on 2999-01-01').waitFor();
  expect(await page.getByRole('button', { name: 'Remove bytez #1' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Remove bytez #2' }).click();
  expect(await barriers(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove bytez #2' }).click();
  await dialog.getByRole('button', { name: 'Remove bytez #2' }).click();
  await page.getByRole('status').getByText('bytez #2 is removed').waitFor();
  await rowOf(page, 'bytez #2').waitFor({ state: 'detached' });
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('somebody uses nothing but the keyboard, and keeps the place when rows change', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '', { accounts: [[], []] });
  const page = await stage.enter({ viewport: desktop, reducedMotion: 'reduce' });
  const focused = () =>
    page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the content');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Keys');
  await page.keyboard.press('Enter');
  await rowOf(page, 'bytez #2').waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  while ((await focused()) !== 'Disable bytez #1') await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await stateOf(page, 'bytez #1', 'Disabled');
  expect(await focused()).toMatch(/bytez #1$/);
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)('every view is free of barriers, in light and dark, on a desktop and on a phone', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '', {
    accounts: [refusing, [], []],
    env: { ...inOrder, BUDGET_PER_DAY: '1' },
  });
  stage.bot.person(7).say('/generate a red fox');
  await stage.bot.event('job.delivered');
  const [, , third] = await stage.bot.app.admin.keys.list();
  await stage.bot.app.admin.keys.disable(third === undefined ? [] : [third.id]);
  for (const [viewport, colorScheme] of [
    [desktop, 'light'],
    [phone, 'dark'],
  ] as const) {
    const page = await stage.enter({ viewport, colorScheme });
    await page.getByRole('img', { name: /^Requests: 1, / }).waitFor();
    for (const view of ['Overview', 'Keys', 'Jobs', 'Models', 'People']) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.locator('.view:not([hidden]) .rows tbody tr').first().waitFor();
      expect([view, await barriers(page)]).toEqual([view, []]);
      expect([view, (await measured(page, 'overflow')).pixels]).toEqual([view, 0]);
    }
    await page.goto(`${stage.url}/#jobs`);
    await page.locator('#jobs-table a').first().click();
    await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    expect(await barriers(page)).toEqual([]);
  }
  expect(stage.complaints).toEqual([]);
});

test.skipIf(isBlind)(
  'names with markup in them are shown as they are written, and nothing of them runs (H9)',
  async () => {
    const odd =
      '<img src=x onerror="document.title=1"> </script><script>document.title=2</script> {{constructor}} \u2028';
    using folder = scratch();
    const models = join(folder.dir, 'models.json');
    const label = '<img src=x onerror="document.title=1">{{constructor}}';
    const model = 'dreamlike-art/dreamlike-photoreal-2.0';
    writeFileSync(models, JSON.stringify([{ provider: 'bytez', model, label }]));
    await using stage = await openDashboardStage(chromiumPath ?? '', {
      accounts: [[{ do: { kind: 'error-200', error: odd } }]],
      env: { MODELS_FILE: models, MAX_ATTEMPTS: '1' },
    });
    stage.bot.person(7).say('/generate a red fox');
    await stage.bot.event('job.failed');
    const page = await stage.enter({ viewport: desktop });
    await page.getByRole('link', { name: 'Models' }).click();
    await page.getByRole('rowheader', { name: label }).waitFor();
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.locator('#jobs-table a').first().click();
    await page.getByRole('dialog').locator('.detail', { hasText: '<img src=x' }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${stage.url}/#jobs/<img src=x onerror=alert(1)>`);
    await page.getByRole('status').getByText('There is no such thing').waitFor();
    expect(await page.locator('main img, main script, dialog img, #said img').count()).toBe(0);
    expect(await page.title()).toBe('Jobs · Darkroom');
    expect(stage.complaints).toEqual([expect.stringContaining('404')]);
  },
);

test.skipIf(isBlind)('while the bot is away the page says so, and signs in again when it is back', async () => {
  await using stage = await openDashboardStage(chromiumPath ?? '', { env: { HTTP_PORT: '0' } });
  const page = await stage.enter({ viewport: phone });
  const port = new URL(stage.url).port;
  await stage.bot.restart({ HTTP_PORT: port });
  // Sessions end with the process.
  await page.getByLabel('Admin token').waitFor();
  await page.getByLabel('Admin token').fill(adminToken);
  await page.keyboard.press('Enter');
  await page.getByText('live', { exact: true }).waitFor();
  // The browser itself reports that nothing answered, and that the old session is refused.
  expect(stage.complaints.filter((words) => !/ERR_|401|WebSocket/.test(words))).toEqual([]);
});
