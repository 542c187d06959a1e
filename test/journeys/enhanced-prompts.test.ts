import { expect, test } from 'vitest';
import { anthropicDialect } from '../../sandbox/anthropic/anthropic-sandbox.ts';
import { startChatSandbox } from '../../sandbox/chat-sandbox.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestApp, type TestAppOptions, wordsOf } from '../support/test-app.ts';
import { pictures, runs, troubles, until, whileTimePasses } from './talk.ts';

const key = 'canary-key-of-the-answers-0123456789';

/** A bot with a chat model that describes a fox in its own words, each time with others. */
async function aStage(options: TestAppOptions = {}) {
  await using opening = new AsyncDisposableStack();
  let times = 0;
  const answer = () => `"A sleek red fox in deep snow,\n golden light (${(times += 1)})"`;
  const accounts = [{ name: 'account 1', key }];
  const chat = opening.use(await startChatSandbox({ dialect: anthropicDialect, accounts, answer }));
  const env = {
    ENHANCE_PROMPTS: 'on',
    CHAT_CHAIN: 'anthropic:claude-haiku-5-5',
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: chat.baseUrl,
    ...options.env,
  };
  const app = opening.use(await openTestApp({ ...options, env }));
  const opened = opening.move();
  return { app, chat, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.each([
  ['en', 'I asked for: A sleek red fox'],
  ['es', 'He pedido: A sleek red fox'],
  ['ru', 'Я попросил: A sleek red fox'],
])('a short prompt is said more fully; who speaks %s reads both', async (language, words) => {
  await using stage = await aStage();
  const { app } = stage;
  const person = app.person(7, language);
  person.say('/generate a fox --style anime');
  const [picture] = await pictures(person);
  expect(runs(app)[0]?.prompt).toMatch(/^A sleek red fox in deep snow, golden light \(1\), \p{L}/u);
  expect(wordsOf(picture).startsWith(`a fox\n${words} in deep snow, golden light (1)\n🌸`)).toBe(true);
  const calls = app.events.filter(({ event }) => event === 'attempt.succeeded');
  expect(calls.map((call) => 'model' in call && call.model)).toContain('claude-haiku-5-5');
  expect(troubles(app)).toEqual([]);
});

test('what was decided outlives a restart, and its call is counted as one of the chat model', async () => {
  await using stage = await aStage();
  const { app, chat } = stage;
  const hold = app.bytez.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await until(() => runs(app).length === 1);
  const restarted = app.restart();
  await restarted;
  hold.release();
  await pictures(person);
  const prompts = runs(app).map(({ prompt }) => prompt);
  expect(prompts.length).toBeGreaterThan(1);
  expect(new Set(prompts)).toEqual(new Set(['A sleek red fox in deep snow, golden light (1)']));
  expect(chat.calls.filter(({ messages }) => messages !== undefined)).toHaveLength(1);
  const costs = await app.app.admin.costs(0);
  expect(costs.map(({ provider, kind, calls }) => [provider, kind, calls])).toContainEqual(['anthropic', 'chat', 1]);
});

test.each([
  ['has enough words', '/generate one two three four five six seven eight nine ten eleven twelve', {}],
  ['has a seed', '/generate a fox --seed 5', {}],
  ['came while it is off', '/generate a fox', { ENHANCE_PROMPTS: 'off' }],
])('a prompt that %s stays as it is', async (_, words, env) => {
  await using stage = await aStage({ env });
  const { app, chat } = stage;
  const person = app.person(7);
  person.say(words);
  const [picture] = await pictures(person);
  expect(wordsOf(picture)).not.toContain('I asked for');
  expect(chat.calls.filter(({ messages }) => messages !== undefined)).toEqual([]);
});

test('a chat model that refuses its key leaves the prompt as it is', async () => {
  await using stage = await aStage({ env: { ANTHROPIC_API_KEY: 'another-key-0123456789-0123456789' } });
  const person = stage.app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  expect(runs(stage.app).map(({ prompt }) => prompt)).toEqual(['a fox']);
  expect(troubles(stage.app)).toEqual([]);
});

test('a chat model that takes too long leaves the prompt as it is', async () => {
  const clock = fakeClock();
  await using stage = await aStage({ clock });
  const hold = stage.chat.holdAfter(0);
  const person = stage.app.person(7);
  person.say('/generate a fox');
  await whileTimePasses(clock, pictures(person));
  expect(runs(stage.app).map(({ prompt }) => prompt)).toEqual(['a fox']);
  hold.release();
  expect(troubles(stage.app)).toEqual([]);
});
