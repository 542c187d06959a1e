import { expect, test } from 'vitest';
import { languageOf } from '../../src/messages/catalog.ts';
import { localeFolder } from '../../src/messages/catalog.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestApp, type TestApp, testToken } from '../support/test-app.ts';
import { callsOf, until, whileTimePasses } from './talk.ts';

const languages = localeFolder.names().map(languageOf);

async function call(app: TestApp, method: string, params: object): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' };
  const url = `${app.telegram.url}/bot${testToken}/${method}`;
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(params) });
  return ((await reply.json()) as { readonly result: Record<string, string> }).result;
}

async function description(app: TestApp, language: string): Promise<string> {
  return (await call(app, 'getMyDescription', { language_code: language }))['description'] ?? '';
}

async function short(app: TestApp, language: string): Promise<string> {
  return (await call(app, 'getMyShortDescription', { language_code: language }))['short_description'] ?? '';
}

const written = (app: TestApp) => callsOf(app, 'setMyShortDescription').filter(({ ok }) => ok !== undefined).length;

test('people who have not started the bot read in their language what it does', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  await whileTimePasses(
    clock,
    until(() => written(app) === languages.length),
  );
  const texts = await Promise.all(languages.map((language) => description(app, language)));
  expect(new Set(texts).size).toBe(languages.length);
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(512);
  expect(texts.join()).not.toMatch(/<[a-z]|&\w+;|\{/);
  expect(await description(app, 'de')).toMatch(/^Ich bin /);
  for (const text of texts)
    for (const command of ['/settings', '/history', '/favourites']) expect(text).toContain(command);
  expect(await short(app, 'pt')).toMatch(/^Fazer uma imagem a partir de uma frase · /);
  const shorts = await Promise.all(languages.map((language) => short(app, language)));
  expect(Math.max(...shorts.map(({ length }) => length))).toBeLessThanOrEqual(120);
});

test('what the operator wrote about the bot stays, in every language', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  await call(app, 'setMyDescription', { description: 'Only for the family' });
  await whileTimePasses(
    clock,
    until(() => written(app) === languages.length),
  );
  expect(await description(app, '')).toBe('Only for the family');
  expect(await description(app, 'de')).toBe('Only for the family');
});
