import { expect, test } from 'vitest';
import { openTestApp, testKey } from '../support/test-app.ts';
import { passTime } from '../support/pass-time.ts';
import { aCommandLine } from './command-line.ts';

const masterKey = 'canary-master-key-0123456789';

/** A running bot with one key in its environment, and a command line beside it. */
async function aStage() {
  await using opening = new AsyncDisposableStack();
  const line = opening.use(aCommandLine());
  const env = { BYTEZ_API_KEYS: testKey(1), MASTER_KEY: masterKey };
  const bot = opening.use(await openTestApp({ accounts: [[], []], env, clock: line.clock }));
  Object.assign(line.env, env, { DATA_DIR: bot.dataDir });
  const run: typeof line.run = (words, options) => passTime(line.clock, line.run(words, options), { stepMs: 100 });
  const opened = opening.move();
  return { line, bot, run, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('keys add hands a typed key on encrypted; it is listed with its end, set and removed, and all is audited', async () => {
  await using stage = await aStage();
  const { run, bot } = stage;
  const added = await run("keys add bytez --ends 2026-02-01 --label 'the team'", { input: [testKey(2)] });
  expect([added.err, added.code]).toEqual(['', 0]);
  expect(added.out).toMatch(/^Done: the key is accepted by bytez, kept encrypted and in use \([0-9a-f]{8}…\)\n$/);
  const { out } = await run('keys list');
  expect(out).toMatch(/bytez #2 \(the team\) .* 2026-02-01 +ready/);
  expect((await run('keys set bytez#2 --ends none --label none --seats 3')).out).toBe('Done: bytez #2 is set\n');
  const [, two] = await bot.app.admin.keys.list();
  expect(two).toMatchObject({ name: 'bytez #2', isAdded: true, seats: 3 });
  expect(two).not.toHaveProperty('endsOn');
  expect(JSON.parse((await run('keys list --json')).out)).toMatchObject({
    keys: [{}, { origin: 'added', endsOn: null }],
  });
  const refused = await run('keys remove bytez#1');
  expect([refused.code, refused.err]).toEqual([
    2,
    'Cannot remove bytez #1 from here: it stands in BYTEZ_API_KEYS, position 1; take it out there, then "darkroom reload"\n',
  ]);
  expect((await run('keys remove bytez#2')).out).toMatch(/^Done: bytez #2 is removed/);
  expect(await bot.app.admin.keys.list()).toHaveLength(1);
  const { action } = Object.groupBy(await bot.app.admin.audit({ count: 9 }), () => 'action' as const);
  expect(action?.map((entry) => `${entry.by}: ${entry.action}`).toReversed()).toEqual([
    'command line: add-key',
    'command line: set-key',
    'command line: remove-key',
  ]);
});

test.each([
  ['keys add bytez', [testKey(1)], /it is among the keys of the provider already/],
  ['keys add nobody', [testKey(2)], /there is no such provider/],
  ['keys add bytez', [''], /nothing was typed/],
  ['keys add bytez', [`${testKey(2)} ${testKey(1)}`], /it is one key without spaces/],
  ['keys set bytez#1', [], /say what, for example --ends/],
  ['keys set bytez#9 --ends none', [], /there is no key "bytez#9"/],
] as const)('%s is refused with what is wrong: %#', async (words, input, why) => {
  await using stage = await aStage();
  const { code, out, err } = await stage.run(words, { input });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(why);
});

test('a day that is none is a mistake of the command line, and without MASTER_KEY nothing is typed in', async () => {
  await using stage = await aStage();
  expect((await stage.run('keys set bytez#1 --ends 2026-02-30')).err).toContain('It is a day, for example 2027-01-01.');
  delete stage.line.env['MASTER_KEY'];
  const { err } = await stage.run('keys add bytez', { input: [testKey(2)] });
  expect(err).toMatch(/^Cannot add the key: MASTER_KEY, under which it is encrypted, is not set/);
});
