import { expect, test } from 'vitest';
import { anthropicDialect } from '../../sandbox/anthropic/anthropic-sandbox.ts';
import { startChatSandbox } from '../../sandbox/chat-sandbox.ts';
import { drawPicture } from '../../sandbox/drawing/draw-picture.ts';
import { startElevenlabsSandbox } from '../../sandbox/elevenlabs/elevenlabs-sandbox.ts';
import { startFalSandbox } from '../../sandbox/fal/fal-sandbox.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { type JobKind, jobKinds, kindTraits } from '../../src/domain/kinds.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, count, newMessage, press, reads, troubles, until, whileTimePasses } from './talk.ts';

const cancelButton = '✖ Cancel';
const key = 'canary-key-of-the-table-0123456789';
const photo = await drawPicture({ prompt: 'a cabin in the forest', width: 320, height: 240 });

type Stage = AsyncDisposable & {
  readonly app: TestApp;
  /** Lets nothing end until it is released. */
  readonly hold: () => { release(): void };
  /** How many runs the provider has begun. */
  readonly begun: () => number;
};

/** The bot with a key for one kind at a provider whose single seat shows which calls are under way. */
async function aStage(kind: JobKind): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ name: 'account 1', key }];
  const open = async (env: Readonly<Record<string, string>>, mediaHosts: readonly string[] = []) =>
    opening.use(await openTestApp({ env: { BYTEZ_SEATS_MAX: '1', ...env }, mediaHosts }));
  const stage = async (): Promise<Omit<Stage, typeof Symbol.asyncDispose>> => {
    switch (kind) {
      case 'image':
      case 'video': {
        const app = await open({});
        return {
          app,
          hold: () => app.bytez.hold(),
          begun: () => app.bytez.calls.filter(({ route }) => route === 'run').length,
        };
      }
      case 'edit': {
        let gate = Promise.withResolvers<void>();
        gate.resolve();
        const draw = async (asked: Parameters<typeof drawPicture>[0]) => {
          await gate.promise;
          return drawPicture(asked);
        };
        const openai = opening.use(await startOpenAiSandbox({ clock: systemClock, accounts, draw }));
        const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: openai.baseUrl, OPENAI_SEATS_PER_KEY: '1' };
        const app = await open(env, [openai.mediaHost]);
        const hold = () => {
          gate = Promise.withResolvers<void>();
          return { release: () => gate.resolve() };
        };
        return { app, hold, begun: () => openai.calls.filter(({ route }) => route === 'edits').length };
      }
      case 'music': {
        const suno = opening.use(await startSunoSandbox({ clock: systemClock, accounts }));
        const env = { SUNO_API_KEY: key, SUNO_BASE_URL: suno.baseUrl, SUNO_SEATS_PER_KEY: '1', MUSIC_CHAIN: 'suno:V5' };
        const app = await open(env, [suno.mediaHost]);
        return {
          app,
          hold: () => suno.hold(),
          begun: () => suno.calls.filter(({ route }) => route === 'submit').length,
        };
      }
      case 'speech': {
        const voices = opening.use(
          await startElevenlabsSandbox({ accounts: [{ name: 'account 1', key, plan: 'starter', concurrency: 3 }] }),
        );
        const env = {
          ELEVENLABS_API_KEY: key,
          ELEVENLABS_BASE_URL: voices.baseUrl,
          ELEVENLABS_SEATS_PER_KEY: '1',
          SPEECH_CHAIN: 'elevenlabs:eleven_v3',
        };
        const app = await open(env);
        return {
          app,
          hold: () => voices.hold(),
          begun: () => voices.calls.filter(({ route }) => route === 'speech').length,
        };
      }
      case 'chat': {
        const anthropic = opening.use(await startChatSandbox({ dialect: anthropicDialect, accounts }));
        const env = {
          ANTHROPIC_API_KEY: key,
          ANTHROPIC_BASE_URL: anthropic.baseUrl,
          ANTHROPIC_SEATS_PER_KEY: '1',
          CHAT_CHAIN: 'anthropic:claude-haiku-5-5',
        };
        const app = await open(env);
        return {
          app,
          hold: () => anthropic.holdAfter(0),
          begun: () => anthropic.calls.filter(({ route }) => route === 'chat').length,
        };
      }
    }
  };
  const made = await stage();
  const opened = opening.move();
  return { ...made, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Asks for the kind; resolves with the status message. */
async function askFor(person: Person, kind: JobKind, words: string) {
  const said = `/${kindTraits[kind].command} ${words}`;
  if (kindTraits[kind].needs === 'words') return answerTo(person, said);
  const before = new Set(person.messages().map(({ id }) => id));
  person.sendPhoto(said, { bytes: photo });
  return newMessage(person, before);
}

/** What /status says is used of today, of this kind. */
async function usedToday(person: Person, kind: JobKind): Promise<string> {
  const names = {
    image: 'Pictures',
    edit: 'Changed pictures',
    video: 'Videos',
    music: 'Songs',
    speech: 'Recordings',
    chat: 'Answers',
  };
  const status = wordsOf(await answerTo(person, '/status'));
  return new RegExp(`${names[kind]} today: (\\d+)`, 'i').exec(status)?.[1] ?? status;
}

test.each(jobKinds)(
  'cancelling %s ends what waits and what is being made, frees the seat at once, and gives the day’s credits back (Q20)',
  async (kind) => {
    await using stage = await aStage(kind);
    const { app, begun } = stage;
    const hold = stage.hold();
    const [person, other] = [app.person(7), app.person(8)];
    const first = await askFor(person, kind, 'a red fox');
    await until(() => begun() === 1);
    const second = await askFor(person, kind, 'a grey hare');
    expect(await usedToday(person, kind)).toBe('2');
    // What waits, by its button.
    expect(await press(person, second.id, cancelButton)).toBe('Cancelled.');
    await reads(person, second.id, /Cancelled\..*\n.*doesn’t count/s);
    expect(begun()).toBe(1);
    // What is being made, by the command; nobody releases the run, and the only seat serves the next person.
    const third = await askFor(other, kind, 'a brown bear');
    expect(begun()).toBe(1);
    expect(wordsOf(await answerTo(person, '/cancel'))).toMatch(/^✋ Cancelled/);
    await reads(person, first.id, /Cancelled\..*\n.*doesn’t count/s);
    await until(() => begun() === 2);
    expect(await usedToday(person, kind)).toBe('0');
    expect(await press(other, third.id, cancelButton)).toBe('Cancelled.');
    await reads(other, third.id, 'Cancelled.');
    hold.release();
    expect(count(app, 'job.cancelled')).toBe(3);
    expect(count(app, 'job.delivered')).toBe(0);
    expect(troubles(app)).toEqual([]);
  },
);

const failing = (effect: BytezFault['do']): readonly BytezFault[] => [{ do: effect }];

test.each([
  ['waits for its next try', failing({ kind: 'status', status: 500 }), /failed for a moment/, { RETRY_DELAY_S: '600' }],
  ['waits for a key that rests', failing({ kind: 'rate-limited', retryAfterS: 300 }), /very busy right now/, {}],
  ['is being fetched', failing({ kind: 'stalled-media' }), /Making|on its way/, {}],
] as const)(
  'a request that %s is cancelled at once, and nothing is made after it',
  async (_what, account, words, env) => {
    const clock = fakeClock();
    await using app = await openTestApp({ clock, accounts: [account], env: { MAX_ATTEMPTS: '3', ...env } });
    const person = app.person(7);
    const statusMessage = await whileTimePasses(clock, answerTo(person, '/generate a fox'), 20);
    await whileTimePasses(clock, reads(person, statusMessage.id, words), 20);
    expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
    await whileTimePasses(clock, reads(person, statusMessage.id, 'Cancelled. This picture won’t be made.'), 20);
    const before = app.bytez.calls.length;
    await clock.advance(1_000_000);
    expect(app.bytez.calls.length).toBe(before);
    expect(count(app, 'job.cancelled')).toBe(1);
    expect(await whileTimePasses(clock, usedToday(person, 'image'))).toBe('0');
  },
);

test.each(['being made', 'waiting to be followed after a restart'] as const)(
  'a run at a provider with a queue of its own that is %s is given up there too',
  async (stage) => {
    await using opening = new AsyncDisposableStack();
    const fal = opening.use(await startFalSandbox({ accounts: [{ name: 'account 1', key }] }));
    const env = {
      IMAGE_CHAIN: 'fal:fal-ai/flux/schnell',
      FAL_KEY: key,
      FAL_BASE_URL: fal.serviceUrl,
      FAL_QUEUE_BASE_URL: fal.queueUrl,
    };
    const app = opening.use(await openTestApp({ env, mediaHosts: [fal.mediaHost] }));
    fal.hold();
    const person = app.person(7);
    const statusMessage = await answerTo(person, '/generate a fox');
    await app.event('attempt.submitted');
    if (stage !== 'being made') await app.restart();
    expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
    await until(() => fal.calls.some(({ route }) => route === 'cancel'));
    await reads(person, statusMessage.id, 'Cancelled.');
    expect(await usedToday(person, 'image')).toBe('0');
    expect(fromBot(person.messages()).filter(({ photo: shown }) => shown !== undefined)).toEqual([]);
  },
);

test('a request whose words are being said more fully is cancelled, and that call stops too', async () => {
  await using opening = new AsyncDisposableStack();
  const chat = opening.use(
    await startChatSandbox({ dialect: anthropicDialect, accounts: [{ name: 'account 1', key }] }),
  );
  const env = {
    ENHANCE_PROMPTS: 'on',
    CHAT_CHAIN: 'anthropic:claude-haiku-5-5',
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: chat.baseUrl,
    ANTHROPIC_SEATS_PER_KEY: '1',
  };
  const app = opening.use(await openTestApp({ env }));
  const hold = chat.holdAfter(0);
  const [person, other] = [app.person(7), app.person(8)];
  const statusMessage = await answerTo(person, '/generate a fox');
  await until(() => chat.calls.length === 1);
  expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
  await reads(person, statusMessage.id, 'Cancelled.');
  // The only seat is free although nobody has released the call.
  await answerTo(other, '/ask why?');
  await until(() => chat.calls.length === 2, 5_000);
  hold.release();
  expect(app.bytez.calls.filter(({ route }) => route === 'run')).toEqual([]);
});
