import { expect, test } from 'vitest';
import { breakableBytez, type ProviderMode, startDemoProviders } from '../../sandbox/demo-providers.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

/** The bot as in the demo: Bytez, the Horde and OpenAI in the built-in chain. */
async function threeProviders() {
  await using opening = new AsyncDisposableStack();
  const others = opening.use(await startDemoProviders(systemClock));
  const env = { ...others.env, MAX_ATTEMPTS: '1' };
  const app = opening.use(await openTestApp({ env, mediaHosts: others.mediaHosts }));
  const providers = [breakableBytez(app.bytez), ...others.providers];
  const opened = opening.move();
  return {
    app,
    set: (name: string, mode: ProviderMode) => providers.find((one) => one.name === name)?.set(mode),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

test.each([
  [['working', 'working', 'working'], 'dreamlike'],
  [['empty', 'working', 'working'], 'stable_diffusion'],
  [['down', 'empty', 'working'], 'gpt-image'],
  [['empty', 'down', 'working'], 'gpt-image'],
] as const)('with Bytez, Horde and OpenAI %j the picture comes from %s', async ([bytez, horde, openai], model) => {
  await using stage = await threeProviders();
  stage.set('bytez', bytez);
  stage.set('horde', horde);
  stage.set('openai', openai);
  const person = stage.app.person(7);
  person.say('/generate a red fox');
  const seen = fromBot(await person.waitFor(hasPicture)).at(-1);
  expect(wordsOf(seen)).toContain(model);
});

test('where all three are broken the person is told in words, with a button to try again', async () => {
  await using stage = await threeProviders();
  stage.set('bytez', 'empty');
  stage.set('horde', 'empty');
  stage.set('openai', 'empty');
  const person = stage.app.person(7);
  person.say('/generate a red fox');
  const seen = fromBot(await person.waitFor(hasAnswer)).at(-1);
  expect(wordsOf(seen)).toContain('isn’t available at the moment');
});
