import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import { startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { startTelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { answerTo, pictures, runs, until } from '../journeys/talk.ts';
import { startProcess } from './started-process.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { openTestApp, testKey, testToken } from '../support/test-app.ts';
import { source } from '../support/child-process.ts';
import { compiled } from '../support/compiled.ts';

const aPerson = { id: 7, firstName: 'Ann', languageCode: 'en' };

test('a process that stands still for a while still owns its folder, and goes on (Q3)', async () => {
  using place = scratch();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'children', 'owning.ts'), place.dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close');
  await once(child.stdout, 'data');
  const isOwned = () => expect(() => takeOwnership(place.dir)).toThrow(expect.objectContaining({ code: 'owned' }));
  child.kill('SIGSTOP');
  isOwned();
  child.kill('SIGCONT');
  isOwned();
  child.stdin.end();
  expect(await gone).toEqual([0, null]);
  takeOwnership(place.dir)[Symbol.dispose]();
});

test.each([
  ['SIGTERM', 0, 143],
  ['SIGINT', 0, 130],
] as const)(
  '%s ends the bot with code %i after its work, and twice at once with code %i (Q17)',
  async (signal, once_, twice) => {
    const env = { BYTEZ_API_KEY: testKey(1), DRAIN_S: '5' };
    await using calm = await startProcess(1, env);
    await using hurried = await startProcess(1, env);
    const holds = [calm.bytez.hold(), hurried.bytez.hold()];
    for (const { log } of [calm, hurried]) await until(() => log.some(({ event }) => event === 'app.started'));
    const person = calm.telegram.person(aPerson);
    await answerTo(person, '/generate a fox');
    await answerTo(hurried.telegram.person(aPerson), '/generate a fox');
    await until(() => [calm, hurried].every((app) => runs(app).length === 1));
    hurried.signal(signal);
    await until(() => hurried.log.some(({ event }) => event === 'app.stopping'));
    hurried.signal(signal);
    expect(await hurried.exited).toBe(twice);
    calm.signal(signal);
    await until(() => calm.log.some(({ event }) => event === 'app.stopping'));
    holds[0]?.release();
    expect(await calm.exited).toBe(once_);
    expect(await pictures(person)).toHaveLength(1);
  },
);

test('work that does not end in time is handed back without costing an attempt (Q17)', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '0.05', MAX_ATTEMPTS: '1' } });
  const hold = app.bytez.hold();
  const person = app.person(7);
  await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1);
  await app.restart();
  hold.release();
  expect(await pictures(person)).toHaveLength(1);
  expect(app.events.find(({ event }) => event === 'app.stopped')).toMatchObject({ handedBack: 1 });
});

test('a bot whose parent is gone, and with it the reader of the log, goes on and ends in good order (Q17)', async () => {
  using place = scratch();
  const clock = systemClock;
  await using telegram = await startTelegramSandbox({ token: testToken, clock });
  await using bytez = await startBytezSandbox({ clock, accounts: [{ name: 'one', key: testKey(1), faults: [] }] });
  const env = {
    ...compiled,
    TELEGRAM_BOT_TOKEN: testToken,
    TELEGRAM_API_ROOT: telegram.url,
    BYTEZ_API_KEY: testKey(1),
    BYTEZ_BASE_URL: bytez.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
    DATA_DIR: join(place.dir, 'data'),
    HTTP_PORT: '0',
  };
  const child = spawn(process.execPath, [join(source, 'main.ts'), 'start'], {
    cwd: place.dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = once(child, 'close');
  for await (const bytes of child.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (bytes.toString().includes('app.started')) break;
  }
  child.stdout.destroy();
  child.stderr.destroy();
  const person = telegram.person(aPerson);
  person.say('/generate a fox');
  expect(await pictures(person)).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
});
