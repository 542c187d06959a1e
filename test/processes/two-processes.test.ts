import { expect, test } from 'vitest';
import { testKey, testToken } from '../support/test-app.ts';
import { answerTo, until } from '../journeys/talk.ts';
import { startProcess } from './started-process.ts';

const env = { BYTEZ_API_KEY: testKey(1) };

test('a second process with the same token waits, says so, and takes over when the first has gone', async () => {
  await using first = await startProcess(1, env);
  const has = (log: typeof first.log, event: string) => log.some((line) => line.event === event);
  await until(() => has(first.log, 'app.started'));
  const person = first.telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' });
  await answerTo(person, '/help');
  await using second = await startProcess(1, { ...env, TELEGRAM_API_ROOT: first.telegram.url });
  await until(() => has(second.log, 'app.started') && has(first.log, 'telegram.conflict'));
  await until(() => has(second.log, 'telegram.conflict'));
  expect(second.printed()).toContain("another process polls with this bot's token");
  first.signal('SIGTERM');
  expect(await first.exited).toBe(0);
  await answerTo(person, '/status');
  await answerTo(person, '/help');
  second.signal('SIGTERM');
  expect(await second.exited).toBe(0);
});

test('a webhook that another program left is removed, and what it kept away is answered', async () => {
  await using app = await startProcess(1, { ...env, TELEGRAM_BOT_TOKEN: '' });
  await app.exited;
  const { url } = app.telegram;
  await fetch(`${url}/bot${testToken}/setWebhook?url=https://example.com/hook`);
  const person = app.telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' });
  person.say('/help');
  await using bot = await startProcess(1, { ...env, TELEGRAM_API_ROOT: url });
  await until(() => person.messages().some(({ from }) => from === 'bot'));
  expect(bot.log.some((line) => line['detail'] === 'a webhook is set for this bot; it is removed')).toBe(true);
});
