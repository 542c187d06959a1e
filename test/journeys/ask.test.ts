import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anthropicDialect } from '../../sandbox/anthropic/anthropic-sandbox.ts';
import { type ChatSandbox, startChatSandbox } from '../../sandbox/chat-sandbox.ts';
import { cohereDialect } from '../../sandbox/cohere/cohere-sandbox.ts';
import { startGeminiSandbox } from '../../sandbox/gemini/gemini-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { hasAnswer } from '../support/answers.ts';
import { fromBot, openTestApp, type TestApp, type TestAppOptions, wordsOf } from '../support/test-app.ts';

const chain = 'anthropic:claude-haiku-5-5,cohere:command-a-03-2025';

async function aTalk(env: TestAppOptions['env'] = {}, answer?: (question: string, before: number) => string) {
  await using opening = new AsyncDisposableStack();
  const key = 'canary-key-of-the-answers-0123456789';
  const accounts = [{ name: 'account 1', key }];
  const said = answer === undefined ? {} : { answer };
  const anthropic = opening.use(await startChatSandbox({ dialect: anthropicDialect, accounts, ...said }));
  const cohere = opening.use(await startChatSandbox({ dialect: cohereDialect, accounts, ...said }));
  const app = opening.use(
    await openTestApp({
      env: {
        CHAT_CHAIN: chain,
        ANTHROPIC_API_KEY: key,
        ANTHROPIC_BASE_URL: anthropic.baseUrl,
        COHERE_API_KEY: key,
        COHERE_BASE_URL: cohere.baseUrl,
        ...env,
      },
    }),
  );
  const opened = opening.move();
  return { app, anthropic, cohere, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The words of the newest message of the bot. */
async function answerTo(app: TestApp, id: number, question: string): Promise<string> {
  const person = app.person(id);
  person.say(question);
  return wordsOf(fromBot(await person.waitFor(hasAnswer)).at(-1));
}

function asked({ calls }: ChatSandbox): readonly (readonly string[])[] {
  return calls.flatMap(({ messages }) => (messages === undefined ? [] : [messages.map(({ content }) => content)]));
}

test('/ask answers in the status message, knows what was said before, and /new forgets it', async () => {
  await using stage = await aTalk();
  const person = stage.app.person(7);
  person.say('/ask why is the sky blue?');
  const first = fromBot(await person.waitFor(hasAnswer));
  expect(first).toHaveLength(1);
  expect(wordsOf(first[0])).toMatch(/^You asked: why is the sky blue\? \(after 0 messages\)\.\n/);
  expect(wordsOf(first[0])).toContain('claude-haiku-5-5');

  person.say('/ask and at sunset?');
  await person.waitFor((seen) => fromBot(seen).length === 2 && hasAnswer(seen));
  person.say('/new');
  await person.waitFor((seen) => fromBot(seen).length === 3);
  person.say('/ask what is 2 + 2?');
  await person.waitFor((seen) => fromBot(seen).length === 4 && hasAnswer(seen));

  const [sky, sunset, sum] = asked(stage.anthropic);
  expect(sky).toEqual(['why is the sky blue?']);
  expect(sunset).toEqual([
    'why is the sky blue?',
    'You asked: why is the sky blue? (after 0 messages).',
    'and at sunset?',
  ]);
  expect(sum).toEqual(['what is 2 + 2?']);
  expect(asked(stage.cohere)).toEqual([]);
});

test('a conversation is of one person in one chat, and survives a restart', async () => {
  await using stage = await aTalk();
  const person = stage.app.person(7);
  person.say('/ask one?');
  await Promise.all([person.waitFor(hasAnswer), answerTo(stage.app, 8, '/ask two?')]);
  await stage.app.restart();
  person.say('/ask three?');
  await person.waitFor((seen) => fromBot(seen).length === 2 && hasAnswer(seen));
  expect(asked(stage.anthropic).at(-1)).toEqual(['one?', 'You asked: one? (after 0 messages).', 'three?']);
});

test('a conversation that outgrows the model’s window begins with its newest whole questions', async () => {
  using place = scratch();
  const table = join(place.dir, 'models.json');
  // 360 tokens hold about 540 letters of what was said, beside the answer.
  const row = { provider: 'anthropic', model: 'claude-haiku-5-5', context_tokens: 360 };
  writeFileSync(table, JSON.stringify([row]));
  const long = (letter: string) => letter.repeat(200);
  await using stage = await aTalk({ MODELS_FILE: table }, (question) => `${long('z')} to ${question[0]}`);
  const person = stage.app.person(7);
  for (const [index, letter] of ['a', 'b', 'c'].entries()) {
    person.say(`/ask ${long(letter)}`);
    await person.waitFor((seen) => fromBot(seen).length === index + 1 && hasAnswer(seen));
  }
  expect(asked(stage.anthropic)).toEqual([
    [long('a')],
    // The first answer would fit, but not with its question.
    [long('b')],
    [long('c')],
  ]);
  person.say('/ask d');
  await person.waitFor((seen) => fromBot(seen).length === 4 && hasAnswer(seen));
  expect(asked(stage.anthropic).at(-1)).toEqual([long('c'), `${long('z')} to c`, 'd']);
});

test('an answer that breaks before its first word comes from the next model; one that has begun stays, with a button', async () => {
  await using stage = await aTalk({ MAX_ATTEMPTS: '1' });
  stage.anthropic.cutAfter(2);
  expect(await answerTo(stage.app, 7, '/ask why?')).toMatch(/^You asked: why\?[^]*command-a-03-2025/);

  stage.anthropic.cutAfter(5);
  const person = stage.app.person(8);
  person.say('/ask where?');
  const broken = fromBot(await person.waitFor(hasAnswer)).at(-1);
  expect(wordsOf(broken)).toMatch(/^You asked:\n\n✂️ The answer broke off here/);
  expect(asked(stage.cohere)).toHaveLength(1);
  stage.anthropic.cutAfter(undefined);
  person.press(broken?.id ?? 0, '🔁 Try again');
  await person.waitFor((seen) => fromBot(seen).length === 2 && hasAnswer(seen));
  expect(wordsOf(fromBot(person.messages()).at(-1))).toMatch(/^You asked: where\?/);
});

test('a model that is gone is replaced as the table says, though it is the only one of its provider in the chain', async () => {
  using place = scratch();
  const table = join(place.dir, 'models.json');
  const row = { provider: 'anthropic', model: 'claude-gone', replaced_by: 'claude-haiku-5-5' };
  writeFileSync(table, JSON.stringify([row]));
  await using stage = await aTalk({
    MODELS_FILE: table,
    CHAT_CHAIN: 'anthropic:claude-gone,cohere:command-a-03-2025',
  });
  expect(await answerTo(stage.app, 7, '/ask why?')).toContain('claude-haiku-5-5');
  expect(await answerTo(stage.app, 8, '/ask why?')).toContain('claude-haiku-5-5');
  expect(stage.cohere.calls.filter(({ route }) => route === 'chat')).toEqual([]);
});

test('a question goes from vendor to vendor, at its old place, until one answers', async () => {
  const key = 'canary-key-of-the-vendors-0123456789';
  const accounts = [{ name: 'account 1', key }];
  await using openai = await startOpenAiSandbox({ clock: systemClock, accounts, models: ['gpt-6-luna'] });
  await using gemini = await startGeminiSandbox({ accounts });
  await using stage = await aTalk({
    CHAT_CHAIN: 'anthropic:claude-haiku-5-5,openai:gpt-6-luna,gemini:gemini-3.8-flash',
    // One is refused, one is down.
    ANTHROPIC_API_KEY: 'canary-key-of-nobody-0123456789',
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: openai.baseUrl,
    GEMINI_API_KEY: key,
    GEMINI_BASE_URL: gemini.baseUrl,
    MAX_ATTEMPTS: '1',
  });
  openai.setFaults([{ route: 'chat', times: 1, reply: jsonReply(503, { error: { message: 'Overloaded' } }) }]);
  expect(await answerTo(stage.app, 7, '/ask why?')).toContain('gemini-3.8-flash');
  const asked = stage.app.events.flatMap((one) => (one.event === 'attempt.started' ? [one.model] : []));
  expect(asked).toEqual(['claude-haiku-5-5', 'gpt-6-luna', 'gemini-3.8-flash']);
});

test('an answer is shown while it is written, and can be stopped', async () => {
  await using stage = await aTalk();
  const hold = stage.anthropic.holdAfter(6);
  const person = stage.app.person(7);
  person.say('/ask why?');
  const [shown] = fromBot(await person.waitFor((seen) => wordsOf(fromBot(seen)[0]).startsWith('You asked:')));
  expect(wordsOf(shown)).toMatch(/^You asked: …$|^You asked: why\? …$/);
  person.press(shown?.id ?? 0, '✖ Cancel');
  await person.waitFor((seen) => wordsOf(fromBot(seen)[0]).includes('Cancelled'));
  hold.release();
});

test('where no model answers questions, /ask says what there is, and no menu or help names it', async () => {
  // Their providers have no keys.
  const chains = { CHAT_CHAIN: 'openai:gpt-5', MUSIC_CHAIN: 'suno:V5', SPEECH_CHAIN: 'elevenlabs:eleven_v3' };
  await using app = await openTestApp({ env: chains });
  const person = app.person(7);
  person.say('/ask why?');
  const [reply] = fromBot(await person.waitFor((seen) => fromBot(seen).length === 1));
  expect(wordsOf(reply)).toContain('Answers aren’t possible here at the moment');
  expect(wordsOf(reply)).toContain('/generate, /video');
  person.say('/help');
  const help = wordsOf(fromBot(await person.waitFor((seen) => fromBot(seen).length === 2)).at(-1));
  expect(help).not.toMatch(/\/(?:ask|music|say|edit|new)\b/);
  person.say('/start');
  const start = wordsOf(fromBot(await person.waitFor((seen) => fromBot(seen).length === 3)).at(-1));
  expect(start).not.toMatch(/\/(?:ask|music|say|edit|new)\b/);
  const menus = ['', 'es'].map((language) => app.telegram.commandsFor(7, 7, language).map(({ command }) => command));
  for (const menu of menus) {
    expect(menu).toEqual(expect.arrayContaining(['generate', 'video', 'models']));
    expect(menu).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(?:ask|music|say|edit|new)$/)]));
  }
});
