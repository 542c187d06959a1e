import { expect, test } from 'vitest';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { testKey } from '../support/test-app.ts';
import { type LogLine, startProcess, type StartedProcess } from './started-process.ts';
import { pictures, until } from '../journeys/talk.ts';
import { join } from 'node:path';
import { run, source } from '../support/child-process.ts';

const lineOf = (process: StartedProcess, event: string) => process.log.find((line) => line.event === event);

const warnings = (process: StartedProcess) =>
  process.log.flatMap((line: LogLine) => (line.event === 'config.warning' ? [line['text']] : []));

test('SIGHUP takes the keys of .env in while the bot runs, names what has to wait, and prints no key', async () => {
  await using process = await startProcess(2, { BYTEZ_API_KEY: testKey(1) });
  await until(() => lineOf(process, 'app.started') !== undefined);
  expect(lineOf(process, 'keys.tested')).toMatchObject({ working: 1, total: 1 });
  process.writeEnv({ BYTEZ_API_KEYS: `${testKey(1)} ${testKey(2)}`, MAX_ATTEMPTS: '2', BYTEZ_SEATS_PER_KEY: '2' });
  process.signal('SIGHUP');
  await until(() => lineOf(process, 'keys.reloaded') !== undefined);
  expect(lineOf(process, 'keys.reloaded')).toMatchObject({ added: ['bytez #2'], removed: [] });
  expect(warnings(process)).toEqual(['MAX_ATTEMPTS was changed; it takes effect at the next start']);

  process.bytez.setFaults('account 1', [{ do: { kind: 'unauthorized' } }]);
  const person = process.telegram.person({ id: 7, firstName: 'Person 7', languageCode: 'en' });
  person.say('/generate a fox');
  await pictures(person);
  process.writeEnv({ BYTEZ_API_KEYS: testKey(2), BYTEZ_SEATS_PER_KEY: 'many' });
  process.signal('SIGHUP');
  await until(() => warnings(process).length === 2);
  expect(warnings(process)[1]).toMatch(/^The settings stay as they were, because BYTEZ_SEATS_PER_KEY must be/);

  process.signal('SIGTERM');
  expect(await process.exited).toBe(0);
  for (const place of [1, 2]) expect(process.printed()).not.toContain(testKey(place));
});

test('darkroom reload lets the running bot read .env again, and refuses where no bot runs', async () => {
  await using process = await startProcess(2, { BYTEZ_API_KEY: testKey(1) });
  await until(() => lineOf(process, 'app.started') !== undefined);
  const reload = () => run([join(source, 'main.ts'), 'reload'], { cwd: process.folder, env: {} });
  process.writeEnv({ BYTEZ_API_KEYS: `${testKey(1)} ${testKey(2)}` });
  expect(await reload()).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Done: 2 keys;/) as string });
  expect(lineOf(process, 'keys.reloaded')).toMatchObject({ added: ['bytez #2'] });

  process.writeEnv({ BYTEZ_API_KEYS: '' });
  expect(await reload()).toMatchObject({ code: 0, out: expect.stringMatching(/^Done: 0 keys;/) as string });
  await until(() => lineOf(process, 'alert.raised') !== undefined);
  expect(lineOf(process, 'alert.raised')).toMatchObject({ level: 'error', alert: 'no-key-ready', keys: 0 });

  process.signal('SIGTERM');
  expect(await process.exited).toBe(0);
  expect(await reload()).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot reload: no bot runs with DATA_DIR /) as string,
  });
});

test.skipIf(!hasPostgres)('darkroom reload finds the bot by DATABASE_URL, and says where there is none', async () => {
  await using own = await testDatabase();
  const database = { DATABASE_URL: own.url.reveal() };
  await using process = await startProcess(2, { BYTEZ_API_KEY: testKey(1), ...database });
  await until(() => process.log.some(({ event, role }) => event === 'role.gained' && role === 'housekeeping'));
  await until(() => lineOf(process, 'app.started') !== undefined);
  const reload = () => run([join(source, 'main.ts'), 'reload'], { cwd: process.folder, env: {} });
  process.writeEnv({ BYTEZ_API_KEYS: `${testKey(1)} ${testKey(2)}`, ...database });
  expect(await reload()).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Done: 2 keys;/) as string });
  expect(lineOf(process, 'keys.reloaded')).toMatchObject({ added: ['bytez #2'] });
  process.signal('SIGTERM');
  expect(await process.exited).toBe(0);
  expect(await reload()).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot reload: no bot runs with this DATABASE_URL/) as string,
  });
});

test('darkroom --version names the versions that a report of a fault needs', async () => {
  const { code, out } = await run([join(source, 'main.ts'), '--version']);
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^darkroom \d+\.\d+\.\d+ \(Node \d[\d.]+, SQLite \d[\d.]+\)\n$/),
  ]);
});
