import { expect, test } from 'vitest';
import { pictures, until } from '../journeys/talk.ts';
import { startProcess } from './started-process.ts';
import { secretsFound } from '../support/secret-hunt.ts';
import { testKey, testToken } from '../support/test-app.ts';

test('with DEBUG on the start warns, and our own lines hold no secret (K12)', async () => {
  await using started = await startProcess(1, { BYTEZ_API_KEY: testKey(1), DEBUG: 'grammy*', LOG_LEVEL: 'trace' });
  await until(() => started.log.some(({ event }) => event === 'app.started'));
  const person = started.telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' });
  person.say('/generate a fox');
  await pictures(person);
  started.signal('SIGTERM');
  expect(await started.exited).toBe(0);
  const warned = started.log.filter(
    ({ event, text }) => event === 'config.warning' && String(text).startsWith('DEBUG is set'),
  );
  expect(warned).toHaveLength(1);
  const printed = [{ where: 'printed', text: started.printed() }];
  expect(secretsFound(printed, [testKey(1), testToken, testToken.split(':')[1] ?? ''])).toEqual([]);
});

test('a revoked token ends the start with code 2 and without the token (K7)', async () => {
  const revoked = '100000002:canary-token-that-was-revoked-0123456789';
  await using started = await startProcess(1, { BYTEZ_API_KEY: testKey(1), TELEGRAM_BOT_TOKEN: revoked });
  expect(await started.exited).toBe(2);
  expect(started.printed()).toContain('Cannot talk to Telegram: it refused the bot token');
  expect(started.printed()).not.toContain('canary');
});
