import { expect, test } from 'vitest';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { breakableBytez, type ProviderMode, startDemoProviders } from '../../sandbox/demo-providers.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

/** The bot as in the demo: Bytez, the Horde and OpenAI in the built-in chain. */
async function threeProviders(more: Readonly<Record<string, string>> = {}) {
  await using opening = new AsyncDisposableStack();
  const others = opening.use(await startDemoProviders(systemClock));
  const env = { ...others.env, MAX_ATTEMPTS: '1', ...more };
  const app = opening.use(await openTestApp({ env, mediaHosts: others.mediaHosts }));
  const providers = [breakableBytez(app.bytez), ...others.providers];
  const opened = opening.move();
  return {
    app,
    providers,
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

const firstOf = {
  bytez: 'bytez:dreamlike-art/dreamlike-photoreal-2.0',
  horde: 'horde:stable_diffusion',
  openai: 'openai:gpt-image-2.6-flare',
} as const;

const names = Object.keys(firstOf) as (keyof typeof firstOf)[];

test.each(names)(
  'however %s is broken while it comes first, the next one draws, unless the words were refused',
  async (first) => {
    const chain = [first, ...names.filter((name) => name !== first)].map((name) => firstOf[name]);
    await using stage = await threeProviders({ IMAGE_CHAIN: chain.join(',') });
    const { modes = [] } = stage.providers.find(({ name }) => name === first) ?? {};
    // A provider that is empty rests for everybody, so that comes last.
    const broken = (['refusing', 'down', 'empty'] as const).filter((mode) => modes.includes(mode));
    expect(broken.length).toBe(modes.length - 1);
    const next = chain[1]?.split(/[:/]/).at(-1) ?? '';
    for (const [index, mode] of broken.entries()) {
      stage.set(first, mode);
      const words = mode === 'refusing' ? 'The service declined this request' : next;
      const person = stage.app.person(index + 7);
      person.say('/generate a red fox');
      const said = (messages: readonly SeenMessage[]) =>
        fromBot(messages).some((message) => wordsOf(message).includes(words));
      await person.waitFor((messages) => said(messages) && hasPicture(messages) === (mode !== 'refusing'));
    }
    const failed = stage.app.events.flatMap((one) => (one.event === 'attempt.failed' ? [one.keyName] : []));
    expect(failed).toEqual(broken.map(() => `${first} #1`));
  },
);

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
