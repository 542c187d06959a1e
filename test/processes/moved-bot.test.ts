import { expect, test } from 'vitest';
import { until } from '../journeys/talk.ts';
import { run } from '../support/child-process.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { testKey } from '../support/test-app.ts';
import { programs, startProcess } from './started-process.ts';

type Shown = {
  readonly running: number;
  readonly processes: readonly { readonly roles: readonly string[]; readonly isAlive: boolean }[];
};

test.skipIf(!hasPostgres)('a bot that is moved to PostgreSQL and back knows its people and goes on', async () => {
  await using own = await testDatabase();
  const keys = { BYTEZ_API_KEY: testKey(1) };
  await using bot = await startProcess(1, keys);
  const person = bot.telegram.person({ id: 7, firstName: 'Robin', languageCode: 'en' });
  const darkroom = (...words: readonly string[]) => run([programs.source, ...words], { cwd: bot.folder });
  const delivered = () => bot.log.filter(({ event }) => event === 'job.delivered').length;
  const makeOne = async (count: number) => {
    await until(() => bot.log.some(({ event }) => event === 'app.started'));
    person.say(`/generate a red fox, number ${count}`);
    await until(() => delivered() === count);
  };
  const stop = async () => {
    bot.signal('SIGTERM');
    expect(await bot.exited).toBe(0);
  };
  await makeOne(1);
  await stop();
  bot.writeEnv({ ...keys, DATABASE_URL: own.url.reveal() });
  expect(await darkroom('move', '--to', 'postgres')).toMatchObject({ code: 0 });
  await bot.restart();
  await makeOne(2);
  const shown = JSON.parse((await darkroom('processes', '--json')).out) as Shown;
  expect(shown.running).toBe(1);
  expect(shown.processes[0]).toMatchObject({ isAlive: true, roles: ['telegram', 'housekeeping'] });
  const jobs = JSON.parse((await darkroom('jobs', 'list', '--user', '7', '--json')).out) as {
    jobs: readonly unknown[];
  };
  expect(jobs.jobs).toHaveLength(2);
  const disabled = await darkroom('keys', 'disable', '1', '--json');
  expect(JSON.parse(disabled.out)).toMatchObject({ bot: 'running', done: true });
  expect((await darkroom('keys', 'enable', '1')).code).toBe(0);
  expect(await darkroom('move', '--to', 'sqlite')).toMatchObject({
    code: 2,
    err: expect.stringContaining('stop them first') as string,
  });
  await stop();
  expect(await darkroom('move', '--to', 'sqlite')).toMatchObject({ code: 0 });
  bot.writeEnv(keys);
  await bot.restart();
  await makeOne(3);
  const { out } = await darkroom('jobs', 'list', '--user', '7', '--json');
  expect((JSON.parse(out) as { jobs: readonly unknown[] }).jobs).toHaveLength(3);
});
