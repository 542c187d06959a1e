import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { localProxy } from '../contract/local-proxy.ts';
import { openTestApp } from '../support/test-app.ts';

const password = 'canary-password-of-the-proxy';

test('behind a proxy Telegram, the provider and the result are reached through it, and its password is told to nobody', async () => {
  let telegramHost = '';
  await using proxy = await localProxy({ lead: (target) => (target === 'telegram.test:80' ? telegramHost : target) });
  await using app = await openTestApp({
    apiRoot: (telegramUrl) => {
      telegramHost = new URL(telegramUrl).host;
      return 'http://telegram.test';
    },
    env: { HTTP_PROXY: proxy.url.replace('//', `//ann:${password}@`) },
  });
  const person = app.person(7);
  person.say('/generate a red fox');
  await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));

  const providerHost = new URL(app.bytez.baseUrl).host;
  expect(new Set(proxy.asked)).toEqual(new Set(['telegram.test:80', providerHost, app.bytez.mediaHost]));
  expect(new Set(proxy.credentials)).toEqual(new Set([`Basic ${Buffer.from(`ann:${password}`).toString('base64')}`]));
  expect(JSON.stringify([app.events, person.messages()])).not.toContain(password);
});

test('what NO_PROXY names is reached directly', async () => {
  await using proxy = await localProxy();
  await using app = await openTestApp({ env: { ALL_PROXY: proxy.url, NO_PROXY: 'localhost,127.0.0.1' } });
  const person = app.person(7);
  person.say('/generate a red fox');
  await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));

  expect(proxy.asked).toEqual([]);
});

test('where the first address of its name is dead, Telegram is reached by the second one', async () => {
  const dialled: string[] = [];
  const real = buildConnector({});
  const dial: buildConnector.connector = (target, callback) => {
    dialled.push(target.hostname);
    // A router that swallows what it cannot deliver.
    if (!target.hostname.includes(':')) real(target, callback);
  };
  await using app = await openTestApp({
    network: { resolve: async () => ['2001:db8::1', '127.0.0.1'], dial },
    apiRoot: (telegramUrl) => telegramUrl.replace('127.0.0.1', 'telegram.example'),
  });
  const person = app.person(7);
  person.say('/generate a red fox');
  await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));

  expect(dialled.slice(0, 2)).toEqual(['2001:db8::1', '127.0.0.1']);
});
