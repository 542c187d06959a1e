import { expect, test } from 'vitest';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { drawPicture } from '../../sandbox/drawing/draw-picture.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

const hasOwnPicture = (messages: readonly SeenMessage[]) => hasPicture(fromBot(messages));
const photo = await drawPicture({ prompt: 'a cabin in the forest', width: 320, height: 240 });

async function anEditor() {
  await using opening = new AsyncDisposableStack();
  const key = 'sk-canary-key-of-openai-0123456789';
  const openai = opening.use(await startOpenAiSandbox({ clock: systemClock, accounts: [{ name: 'account 1', key }] }));
  const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: openai.baseUrl };
  const app = opening.use(await openTestApp({ env, mediaHosts: [openai.mediaHost] }));
  const opened = opening.move();
  const edits = () => openai.calls.filter(({ route }) => route === 'edits');
  return { app, openai, edits, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('/edit under a picture changes it, and again after a restart', async () => {
  await using stage = await anEditor();
  const { app, edits } = stage;
  const person = app.person(7);
  person.sendPhoto('/edit make it winter', { bytes: photo });
  const result = fromBot(await person.waitFor(hasOwnPicture)).at(-1);
  expect(wordsOf(result)).toContain('make it winter');
  expect(edits()).toMatchObject([{ prompt: 'make it winter', inputs: 1, status: 200 }]);
  expect(app.telegram.calls.filter(({ method }) => method === 'getFile')).toHaveLength(1);

  await app.restart();
  person.press(result?.id ?? 0, '🔁 Again');
  await person.waitFor((seen) => fromBot(seen).filter(({ photo: shown }) => shown !== undefined).length === 2);
  expect(edits()).toHaveLength(2);
  // The picture is still here; Telegram is not asked for it a second time.
  expect(app.telegram.calls.filter(({ method }) => method === 'getFile')).toHaveLength(1);
});

test('/edit in reply to a picture changes that one, also one that the bot has made', async () => {
  await using stage = await anEditor();
  const person = stage.app.person(7);
  person.say('/generate a red fox');
  const made = fromBot(await person.waitFor(hasOwnPicture)).at(-1);
  person.say('/edit add a scarf', { replyTo: made?.id ?? 0 });
  await person.waitFor((seen) => fromBot(seen).filter(({ photo: shown }) => shown !== undefined).length === 2);
  expect(stage.edits()).toMatchObject([{ prompt: 'add a scarf', inputs: 1 }]);
});

test('without a picture, or without words, /edit asks for what it lacks, and costs nothing until it has both', async () => {
  await using stage = await anEditor();
  const person = stage.app.person(7);
  person.say('/edit make it winter');
  const asked = fromBot(await person.waitFor((seen) => fromBot(seen).length === 1)).at(-1);
  expect(wordsOf(asked)).toContain('Which picture shall I change?');
  person.say('a fox');
  const again = fromBot(await person.waitFor((seen) => fromBot(seen).length === 2)).at(-1);
  expect(wordsOf(again)).toContain('I need a picture here.');
  // The words of the command are kept; the flow survives a restart.
  await stage.app.restart();
  person.sendPhoto('', { bytes: photo });
  await person.waitFor(hasOwnPicture);
  expect(stage.edits()).toMatchObject([{ prompt: 'make it winter', inputs: 1 }]);
  person.sendPhoto('/edit', { bytes: photo });
  await person.waitFor((seen) => fromBot(seen).some((message) => wordsOf(message).includes('What shall I change?')));
  // A command inside leaves, and is answered.
  person.say('/cancel');
  await person.waitFor((seen) => fromBot(seen).some((message) => wordsOf(message).includes('I’ve stopped asking')));
  person.say('/edit');
  await person.waitFor(
    (seen) => fromBot(seen).filter((message) => wordsOf(message).includes('Which picture')).length === 3,
  );
  person.sendPhoto('add a scarf', { bytes: photo });
  await person.waitFor((seen) => fromBot(seen).filter(({ photo: shown }) => shown !== undefined).length === 2);
  expect(stage.edits()).toMatchObject([{ prompt: 'make it winter' }, { prompt: 'add a scarf', inputs: 1 }]);
});

test('words that are refused end in words, and what was sent goes with /forget', async () => {
  await using stage = await anEditor();
  const { app } = stage;
  const person = app.person(7);
  stage.openai.setFaults([
    {
      route: 'edits',
      reply: {
        kind: 'reply',
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: { message: 'no', type: 'x', param: null, code: 'moderation_blocked' } }),
      },
    },
  ]);
  person.sendPhoto('/edit something', { bytes: photo });
  await person.waitFor(hasAnswer);
  expect(await app.inputs()).toHaveLength(1);
  person.say('/forget');
  const question = fromBot(await person.waitFor((seen) => fromBot(seen).length === 2)).at(-1);
  const [yes] = question?.buttons.flat() ?? [];
  person.press(question?.id ?? 0, yes?.text ?? '');
  await person.waitFor((seen) => wordsOf(fromBot(seen).at(-1)).includes('forgotten you'));
  expect(await app.inputs()).toEqual([]);
});
