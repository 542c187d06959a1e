import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import type { KeyId } from '../src/domain/ids.ts';
import { type PastJob, writePastJobs } from '../test/support/past-jobs.ts';
import { openTestApp } from '../test/support/test-app.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { quantile } from './quantile.ts';

const keyCount = 1_000;
const jobCount = 100_000;
const rounds = 100;
const goalMs = 200;
const token = 'token-of-the-benchmark-0123456789-abcdef';
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

/**
 * Milliseconds from a change in the bot until a browser has painted it, with a thousand keys and a hundred thousand jobs:
 * a key is taken out of use and back, and the page watches the figure or the row that tells of it. Busy: fifty other events
 * a second arrive meanwhile.
 */
export async function dashboard(progress: Progress): Promise<BenchmarkReport> {
  const executablePath = [process.env['CHROMIUM_PATH'] ?? '', ...places].find(
    (place) => place !== '' && existsSync(place),
  );
  if (executablePath === undefined)
    return { figures: [], skipped: 'no Chromium on this machine; CHROMIUM_PATH names one' };
  progress(`a bot with ${keyCount} keys and ${jobCount} jobs`);
  const accounts = Array.from({ length: keyCount }, () => []);
  await using bot = await openTestApp({ accounts, env: { ADMIN_TOKEN: token, LOG_LEVEL: 'error' } });
  writePastJobs(join(bot.dataDir, 'darkroom.db'), pastJobs());
  const { admin, core, httpUrl } = bot.app;
  const [key] = await admin.keys.list();
  if (key === undefined) throw new Error('Cannot measure the dashboard: there is no key');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const figures: Figure[] = [];
  const add = (what: string, app: number) =>
    figures.push({ what, unit: 'ms', better: 'lower', app, rival: { name: 'goal', value: goalMs } });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(httpUrl);
    await page.getByLabel('Admin token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('img', { name: /^Requests: / }).waitFor({ timeout: 60_000 });
    for (const [view, selector] of [
      ['overview', '#figures'],
      ['keys', '#keys-table'],
    ] as const) {
      await page.goto(`${httpUrl}/#${view}`);
      await page.locator(selector).locator('> *').first().waitFor();
      for (const load of ['quiet', 'busy'] as const) {
        progress(`${rounds} changes, ${view}, ${load}`);
        const busy = load === 'busy' ? setInterval(() => core.events.emit(other), 20) : undefined;
        const samples = await changes(page, selector, key.id, bot.app);
        clearInterval(busy);
        add(`${view}, ${load}: p50 from a change to its paint`, quantile(samples, 0.5));
        add(`${view}, ${load}: p95 from a change to its paint`, quantile(samples, 0.95));
      }
    }
    const [overviewMs, cpuMs] = await reads(httpUrl);
    add('one reading of the overview, p95', overviewMs);
    add('processor time of one reading of the overview', cpuMs);
  } finally {
    await browser.close();
  }
  return { figures };
}

/** An event that changes nothing and is told to every page. */
const other = { event: 'model.cooling', provider: 'bytez', model: 'none', forMs: 1 } as const;

type Admin = { readonly admin: Awaited<ReturnType<typeof openTestApp>>['app']['admin'] };

/** Takes the key out of use and back; the page says when it has painted what it shows of that. */
async function changes(page: Page, selector: string, id: KeyId, { admin }: Admin): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isOff = round % 2 === 0;
    const words = selector === '#figures' ? (isOff ? '999 of' : '1,000 of') : isOff ? 'Disabled' : 'Ready';
    const painted = page.evaluate<number>(`new Promise((resolve) => {
      const shown = () => (document.querySelector('#keys-table tbody .state') && ${JSON.stringify(selector)} === '#keys-table'
        ? document.querySelector('#keys-table tbody .state').textContent
        : document.querySelector(${JSON.stringify(selector)}).textContent).includes(${JSON.stringify(words)});
      const watcher = new MutationObserver(() => {
        if (!shown()) return;
        watcher.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())));
      });
      watcher.observe(document.querySelector(${JSON.stringify(selector)}), { subtree: true, childList: true, characterData: true });
    })`);
    // The page watches before anything changes; a change meets the page at any point of its rhythm.
    await page.evaluate('1');
    await rest(Math.random() * 150);
    const startMs = performance.timeOrigin + performance.now();
    await (isOff ? admin.keys.disable([id]) : admin.keys.enable([id]));
    samples.push((await painted) - startMs);
  }
  return samples;
}

/** Wall and processor milliseconds of reading what the page reads after each change. */
async function reads(url: string): Promise<readonly [number, number]> {
  const samples: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    const answer = await fetch(`${url}/api/overview`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    samples.push(performance.now() - startMs);
  }
  const { user, system } = process.cpuUsage(before);
  return [quantile(samples, 0.95), (user + system) / 1_000 / rounds];
}

/** Jobs of the last thirty days that were answered and told. */
function* pastJobs(): Generator<PastJob> {
  const [nowMs, stepMs] = [Date.now(), (30 * 86_400_000) / jobCount];
  for (let job = 0; job < jobCount; job += 1) {
    const acceptedAtMs = nowMs - (jobCount - job) * stepMs;
    yield { acceptedAtMs, waitedMs: 900, tookMs: 8_100, userId: 1_000 + (job % 500) };
  }
}
