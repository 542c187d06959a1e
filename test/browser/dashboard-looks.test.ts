import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type PastJob, writePastJobs } from '../support/past-jobs.ts';
import { pathOfShot } from './chat-actions.ts';
import { closeChromium, findChromium } from './chromium.ts';
import { barriers, openDashboardStage } from './dashboard-stage.ts';
import { measured } from './measures.ts';

const chromiumPath = findChromium();
const hourMs = 3_600_000;
const refusing = [{ do: { kind: 'unauthorized' } }] as const;

afterAll(closeChromium);

/** A day that becomes busier, with a provider that fails at its end. */
function* aDay(nowMs: number): Generator<PastJob> {
  for (let hour = 0; hour < 24; hour += 1) {
    const jobs = 8 + Math.round(hour * hour * 0.08);
    for (let job = 0; job < jobs; job += 1) {
      const acceptedAtMs = nowMs - (24 - hour) * hourMs + (job * hourMs) / jobs;
      const isLost = (hour * 7 + job * 3) % 29 < (hour > 20 ? 5 : 1);
      const waitedMs = 900 + ((job * 37 + hour * 11) % 17) * 120 * (hour > 18 ? 3 : 1);
      const ended = isLost ? ({ kind: 'failed', code: 'provider-down' } as const) : undefined;
      yield { acceptedAtMs, waitedMs, tookMs: 7_000, userId: 40 + (job % 9), ...(ended && { ended }) };
    }
  }
}

test.skipIf(chromiumPath === undefined)(
  'a provider that is down is what the page says first, in light and dark, on a desktop and on a phone',
  async () => {
    await using stage = await openDashboardStage(chromiumPath ?? '', {
      accounts: [refusing, ...Array.from({ length: 11 }, () => [])],
      env: {
        ROTATION_STRATEGY: 'primary-first',
        // There is no listener on the discard port.
        STABILITY_BASE_URL: 'http://127.0.0.1:9',
        STABILITY_API_KEYS: 'canary-key-of-stability, canary-key-of-stability-2',
        IMAGE_CHAIN: 'stability:core, bytez:dreamlike-art/dreamlike-photoreal-2.0',
        BUDGET_PER_DAY: '5',
      },
    });
    writePastJobs(join(stage.bot.dataDir, 'darkroom.db'), aDay(Date.now()));
    for (const person of [1, 2, 3, 4, 5, 6]) stage.bot.person(person).say('/generate a red fox');
    await stage.bot.event('breaker.opened');
    await stage.bot.event('job.delivered');
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [device, viewport] of [
        ['desktop', { width: 1280, height: 1120 }],
        ['phone', { width: 375, height: 812 }],
      ] as const) {
        const page = await stage.enter({ viewport, colorScheme });
        await page.getByRole('heading', { name: 'Serving; provider stability is down' }).waitFor();
        await page.getByRole('listitem').filter({ hasText: 'stability is down' }).waitFor();
        await page.getByRole('img', { name: /^Requests: / }).waitFor();
        expect([device, colorScheme, (await measured(page, 'overflow')).pixels]).toEqual([device, colorScheme, 0]);
        expect([device, colorScheme, await barriers(page)]).toEqual([device, colorScheme, []]);
        const isOfReadme = device === 'desktop' && colorScheme === 'light';
        await page.screenshot({
          path: pathOfShot(`dashboard-${device}-${colorScheme}.png`),
          fullPage: device === 'phone',
        });
        if (isOfReadme) await page.screenshot({ path: pathOfShot('dashboard.png', 'docs') });
      }
    }
    expect(stage.complaints).toEqual([]);
  },
);
