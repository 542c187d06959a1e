import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { pictures, runs } from '../journeys/talk.ts';
import { secretsFound } from '../support/secret-hunt.ts';
import { openTestHouse, testKey, testToken, type TestHouse } from '../support/test-app.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** Runs the command in a process of its own, beside the house that runs in this one. */
async function darkroom(house: TestHouse, ...words: string[]) {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: house.dataDir,
    env: {
      BYTEZ_API_KEYS: `${testKey(1)},${testKey(2)}`,
      BYTEZ_BASE_URL: house.bytez.baseUrl,
      DATA_DIR: house.dataDir,
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

async function askForPictures(house: TestHouse, from: number, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, index) => house.person(from + index));
  for (const person of people) person.say('/generate a fox');
  await Promise.all(people.map((person) => pictures(person)));
}

function accountsUsed(house: TestHouse, after = 0): ReadonlySet<string | undefined> {
  return new Set(
    runs(house)
      .slice(after)
      .map(({ account }) => account),
  );
}

test('a key that is disabled from beside is not used any more, until it is enabled again', async () => {
  await using house = await openTestHouse({ accounts: [[], []], env: { ROTATION_STRATEGY: 'round-robin' } });
  await askForPictures(house, 1, 4);
  expect(accountsUsed(house)).toEqual(new Set(['account 1', 'account 2']));

  expect(await darkroom(house, 'keys', 'disable', '1')).toEqual({
    out: 'Done: bytez #1 switched off\n',
    err: '',
    code: 0,
  });
  const before = runs(house).length;
  await askForPictures(house, 11, 4);
  expect(accountsUsed(house, before)).toEqual(new Set(['account 2']));

  const listed = await darkroom(house, 'keys', 'list', '--json');
  expect(listed.code).toBe(0);
  expect(JSON.parse(listed.out)).toMatchObject({
    bot: 'running',
    providers: [{ provider: 'bytez', total: 2, ready: 1, disabled: 1 }],
    keys: [{ state: { kind: 'disabled' } }, { state: { kind: 'ready' } }],
  });

  expect((await darkroom(house, 'keys', 'disable', 'bytez #2')).out).toContain('Done');
  expect((await darkroom(house, 'keys', 'report')).code).toBe(1);

  expect((await darkroom(house, 'keys', 'enable', '1', '2', '--json')).out).toContain('"done": true');
  const then = runs(house).length;
  await askForPictures(house, 21, 4);
  expect(accountsUsed(house, then)).toEqual(new Set(['account 1', 'account 2']));
});

test('keys stats and explain tell beside the running bot what happened', async () => {
  await using house = await openTestHouse({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 60 } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  await askForPictures(house, 1, 1);
  const { jobId } = await house.event('job.delivered');

  const story = await darkroom(house, 'explain', jobId);
  expect(story.code).toBe(0);
  expect(story.out).toMatch(
    /1\. .* bytez #1, attempt 1\/3[^]*rate-limited[^]*2\. .* bytez #2, attempt 1\/3[^]*answered after/,
  );
  expect(story.out).toMatch(/Ended .* image of \d+ kB, .*; 2 calls\n$/);

  await expect
    .poll(async () => (await darkroom(house, 'keys', 'stats', '--json')).out, { timeout: 10_000, interval: 200 })
    .toMatch(/"callsToday": 1,\s+"successes": 1,/);
  const report = await darkroom(house, 'keys', 'report');
  expect(report.out).toMatch(/bytez #1 .* asked too often\n {4}to do: wait until/);
  expect(report.code).toBe(0);
});

test('keys wake puts a resting key of the running bot back to work', async () => {
  await using house = await openTestHouse({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 600 }, when: { times: 1 } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  await askForPictures(house, 1, 1);
  expect((await darkroom(house, 'keys', 'wake', '--all')).out).toBe('Done: every key woken\n');
  const before = runs(house).length;
  await askForPictures(house, 11, 1);
  expect(accountsUsed(house, before)).toEqual(new Set(['account 1']));
});
