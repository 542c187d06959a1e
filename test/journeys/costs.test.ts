import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { serverShapes } from '../../sandbox/openai/other-servers.ts';
import { costGroups } from '../../src/domain/costs.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { aCommandLine } from '../cli/command-line.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { pictures, runs, troubles } from './talk.ts';

const key = 'xai-canary-key-of-grok-0123456789';
const photoreal = 'dreamlike-art/dreamlike-photoreal-2.0';

test('what the answers and the table of models say is spent is summed by whatever is asked for, as one document', async () => {
  using place = scratch();
  const table = join(place.dir, 'models.json');
  writeFileSync(table, JSON.stringify([{ provider: 'bytez', model: photoreal, price: 0.005, per: 'image' }]));
  await using xai = await startOpenAiSandbox({
    clock: systemClock,
    accounts: [{ name: 'account 1', key }],
    models: ['grok-imagine-image', 'grok-unheard-of'],
    shape: serverShapes.xai,
  });
  await using app = await openTestApp({
    env: {
      IMAGE_CHAIN: `bytez:${photoreal},bytez:dreamlike-art/dreamlike-anime-1.0,xai:grok-unheard-of`,
      MODELS_FILE: table,
      XAI_API_KEY: key,
      XAI_BASE_URL: xai.baseUrl,
    },
    mediaHosts: [xai.mediaHost],
  });
  // Its price is in no table: the answer tells it.
  const asked = ['grok-unheard-of', photoreal, 'grok-unheard-of'];
  const [one, other] = [app.person(7), app.person(8)];
  for (const [index, model] of asked.entries()) {
    one.say(`/generate a fox --model ${model}`);
    await pictures(one, index + 1);
  }
  other.say('/generate a fox --model dreamlike-anime-1.0');
  await pictures(other);

  using commands = aCommandLine();
  Object.assign(commands.env, { DATA_DIR: app.dataDir, MODELS_FILE: table, XAI_API_KEY: key, BUDGET_CURRENCY: 'EUR' });
  commands.clock.jump(Date.now() - commands.clock.now());
  const reports = await Promise.all(
    costGroups.map(async (group) => {
      const { code, out, err } = await commands.run(`costs --days 2 --by ${group} --json`);
      expect([code, err]).toEqual([0, '']);
      return [group, JSON.parse(out) as Report] as const;
    }),
  );
  const spent = { calls: 4, usd: 0.045, unpriced: 1 };
  for (const [group, { total, days, currency, ...report }] of reports) {
    expect({ total, currency, group: report.group }).toEqual({ total: spent, currency: 'EUR', group });
    expect(days.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(spent.usd, 9);
    expect(days.every(({ day }) => /^\d{4}-\d\d-\d\d$/.test(day))).toBe(true);
  }
  const by = Object.fromEntries(
    reports.map(([group, report]) => [group, report.by.map(({ name, usd, calls }) => [name, usd, calls])]),
  );
  expect(by).toEqual({
    provider: [
      ['xai', 0.04, 2],
      ['bytez', 0.005, 2],
    ],
    key: [
      ['xai #1', 0.04, 2],
      ['bytez #1', 0.005, 2],
    ],
    model: [
      ['xai:grok-unheard-of', 0.04, 2],
      [`bytez:${photoreal}`, 0.005, 1],
      ['bytez:dreamlike-art/dreamlike-anime-1.0', 0, 1],
    ],
    person: [
      ['7', 0.045, 3],
      ['8', 0, 1],
    ],
    kind: [['image', 0.045, 4]],
  });
  expect((await commands.run('costs --by kind')).out).toContain('0.0450 EUR');
  expect((await commands.run('costs --by words')).code).toBe(2);
});

type Report = {
  readonly total: unknown;
  readonly currency: string;
  readonly group: string;
  readonly days: readonly { readonly day: string; readonly usd: number }[];
  readonly by: readonly { readonly name: string; readonly usd: number; readonly calls: number }[];
};

test('near the budget of a provider admins are told; once it is spent the next one draws, after a restart too, until the day ends', async () => {
  const clock = fakeClock();
  await using xai = await startOpenAiSandbox({
    clock: systemClock,
    accounts: [{ name: 'account 1', key }],
    models: ['grok-imagine-image'],
    shape: serverShapes.xai,
  });
  await using app = await openTestApp({
    clock,
    env: {
      IMAGE_CHAIN: `xai:grok-imagine-image,bytez:${photoreal}`,
      XAI_API_KEY: key,
      XAI_BASE_URL: xai.baseUrl,
      XAI_BUDGET_PER_DAY: '0.05',
    },
    mediaHosts: [xai.mediaHost],
  });
  const admin = app.person(adminId);
  admin.say('/start');
  let people = 0;
  const draws = async (): Promise<string> => {
    people += 1;
    const person = app.person(people);
    person.say('/generate a fox');
    await passTime(clock, pictures(person));
    return runs(app).length > 0 ? `bytez ${runs(app).length}` : `xai ${xai.calls.length}`;
  };
  const told = (words: RegExp) =>
    passTime(
      clock,
      admin.waitFor((messages) => fromBot(messages).some((message) => words.test(wordsOf(message)))),
    );
  // A picture costs 0.02.
  expect([await draws(), await draws()]).toEqual(['xai 1', 'xai 2']);
  await told(/xai has used .*0\.04.* of today’s budget of .*0\.05/);
  expect(await draws()).toBe('xai 3');
  await told(/Today’s budget of .*0\.05.* for xai is spent/);
  expect(await draws()).toBe('bytez 1');
  await passTime(clock, app.restart());
  expect(await draws()).toBe('bytez 2');
  clock.jump(86_400_000);
  await clock.advance(60_000);
  await draws();
  expect([xai.calls.length, runs(app).length]).toEqual([4, 2]);
  expect(troubles(app)).toEqual([]);
});
