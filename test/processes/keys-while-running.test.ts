import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { pictures, runs } from '../journeys/talk.ts';
import { secretsFound } from '../support/secret-hunt.ts';
import { openTestApp, testKey, testToken, type TestApp } from '../support/test-app.ts';
import { compiled } from '../support/compiled.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** Runs the command in a process of its own, beside the bot that runs in this one. */
async function darkroom(app: TestApp, ...words: string[]) {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: app.dataDir,
    env: {
      ...compiled,
      BYTEZ_API_KEYS: `${testKey(1)},${testKey(2)}`,
      BYTEZ_BASE_URL: app.bytez.baseUrl,
      DATA_DIR: app.dataDir,
      TELEGRAM_BOT_TOKEN: testToken,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(secretsFound([{ where: words.join(' '), text: `${out}${err}` }], [testKey(1), testKey(2), testToken])).toEqual(
    [],
  );
  return { out, err, code: code as number };
}

async function askForPictures(app: TestApp, from: number, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, index) => app.person(from + index));
  for (const person of people) person.say('/generate a fox');
  await Promise.all(people.map((person) => pictures(person)));
}

function accountsUsed(app: TestApp, after = 0): ReadonlySet<string | undefined> {
  return new Set(
    runs(app)
      .slice(after)
      .map(({ account }) => account),
  );
}

test('a key that is disabled from beside is not used any more, until it is enabled again', async () => {
  await using app = await openTestApp({ accounts: [[], []], env: { ROTATION_STRATEGY: 'round-robin' } });
  await askForPictures(app, 1, 4);
  expect(accountsUsed(app)).toEqual(new Set(['account 1', 'account 2']));

  expect(await darkroom(app, 'keys', 'disable', '1')).toEqual({
    out: 'Done: bytez #1 disabled\n',
    err: '',
    code: 0,
  });
  const before = runs(app).length;
  await askForPictures(app, 11, 4);
  expect(accountsUsed(app, before)).toEqual(new Set(['account 2']));

  const listed = await darkroom(app, 'keys', 'list', '--json');
  expect(listed.code).toBe(0);
  expect(JSON.parse(listed.out)).toMatchObject({
    bot: 'running',
    providers: [{ provider: 'bytez', total: 2, ready: 1, disabled: 1 }],
    keys: [{ state: { kind: 'disabled' } }, { state: { kind: 'ready' } }],
  });

  expect((await darkroom(app, 'keys', 'disable', 'bytez #2')).out).toContain('Done');
  expect((await darkroom(app, 'keys', 'report')).code).toBe(1);

  expect((await darkroom(app, 'keys', 'enable', '1', '2', '--json')).out).toContain('"done": true');
  const then = runs(app).length;
  await askForPictures(app, 21, 4);
  expect(accountsUsed(app, then)).toEqual(new Set(['account 1', 'account 2']));
});

test('keys stats and explain show what happened while the bot runs', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 60 } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  await askForPictures(app, 1, 1);
  const { jobId } = await app.event('job.delivered');

  const explained = await darkroom(app, 'explain', jobId);
  expect(explained.code).toBe(0);
  expect(explained.out).toMatch(
    /1\. .* bytez #1, attempt 1\/3[^]*rate-limited[^]*2\. .* bytez #2, attempt 1\/3[^]*succeeded in/,
  );
  expect(explained.out).toMatch(/Ended .* image of \d+ kB, .*; 2 calls\n$/);

  await expect
    .poll(async () => (await darkroom(app, 'keys', 'stats', '--json')).out, { interval: 200 })
    .toMatch(/"callsToday": 1,\s+"successes": 1,/);
  const report = await darkroom(app, 'keys', 'report');
  expect(report.out).toMatch(/bytez #1 .* called too often\n {4}to do: wait until/);
  expect(report.code).toBe(0);
});

test('keys wake puts a cooling key of the running bot back to work', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 600 }, when: { times: 1 } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  await askForPictures(app, 1, 1);
  expect((await darkroom(app, 'keys', 'wake', '--all')).out).toBe('Done: every key woken\n');
  const before = runs(app).length;
  await askForPictures(app, 11, 1);
  expect(accountsUsed(app, before)).toEqual(new Set(['account 1']));
});
