import { expect, test } from 'vitest';
import { startProcess } from './started-process.ts';
import { until } from '../journeys/talk.ts';

test.each(['SIGTERM', 'SIGINT'] as const)('%s while the bot still opens closes it in good order', async (signal) => {
  await using bot = await startProcess(1, {});
  await until(() => bot.log.some(({ event }) => event === 'config.warning'));
  bot.signal(signal);
  expect(await bot.exited).toBe(0);
  expect(bot.log.at(-1)).toMatchObject({ event: 'app.stopped' });
});

test('SIGHUP while the bot still opens does not end it', async () => {
  await using bot = await startProcess(1, {});
  await until(() => bot.log.some(({ event }) => event === 'config.warning'));
  bot.signal('SIGHUP');
  await until(() => bot.log.some(({ event }) => event === 'app.started'));
  bot.signal('SIGTERM');
  expect(await bot.exited).toBe(0);
});
