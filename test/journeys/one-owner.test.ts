import { expect, test } from 'vitest';
import { openApp } from '../../src/app/open-app.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { scratch } from '../storage/sqlite/scratch.ts';

const token = '123456789:canary-of-the-tests-0123456789abcdef';

test('two houses never share a data folder (Q19)', async () => {
  using place = scratch();
  const options = {
    config: parseConfig({
      TELEGRAM_BOT_TOKEN: token,
      TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
      DATA_DIR: place.dir,
      HTTP_PORT: '0',
      DRAIN_S: '0',
    }),
    keys: [],
    clock: systemClock,
    random: Math.random,
    emit: () => undefined,
  };
  await using first = await openApp(options);
  await expect(openApp(options)).rejects.toMatchObject({ code: 'owned' });
  expect(first.httpUrl).toMatch(/^http:/);
});
