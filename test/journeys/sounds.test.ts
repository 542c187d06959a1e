import { expect, test } from 'vitest';
import { startElevenlabsSandbox } from '../../sandbox/elevenlabs/elevenlabs-sandbox.ts';
import { type SunoSandboxOptions, startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasAnswer } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { count, troubles, until } from './talk.ts';

const sunoKey = 'canary-key-of-the-songs-0123456789';
const voiceKey = 'canary-key-of-the-voices-0123456789';

type Stage = { readonly env?: Readonly<Record<string, string>>; readonly suno?: Partial<SunoSandboxOptions> };

/** The bot with keys of Suno, kie.ai and ElevenLabs, and stand-ins for them. */
async function aSoundStage(options: Stage = {}) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const accounts = [{ name: 'First', key: sunoKey }];
  const suno = opening.use(await startSunoSandbox({ clock: systemClock, accounts, ...options.suno }));
  const kie = opening.use(await startSunoSandbox({ clock: systemClock, accounts, service: 'kie' }));
  const plan = { plan: 'starter', concurrency: 3 } as const;
  const voices = opening.use(await startElevenlabsSandbox({ accounts: [{ name: 'First', key: voiceKey, ...plan }] }));
  const env = {
    MUSIC_CHAIN: 'suno:V5,kie:V5',
    SPEECH_CHAIN: 'elevenlabs:eleven_v3',
    SUNO_API_KEY: sunoKey,
    SUNO_BASE_URL: suno.baseUrl,
    KIE_API_KEY: sunoKey,
    KIE_BASE_URL: kie.baseUrl,
    ELEVENLABS_API_KEY: voiceKey,
    ELEVENLABS_BASE_URL: voices.baseUrl,
    ELEVENLABS_SEATS_PER_KEY: '1',
    MEDIA_ALLOW_PRIVATE_HOSTS: `${suno.mediaHost},${kie.mediaHost}`,
    ...options.env,
  };
  const app = opening.use(await openTestApp({ clock, env }));
  const opened = opening.move();
  return { app, suno, kie, voices, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function sounds(messages: readonly SeenMessage[]): readonly SeenMessage[] {
  return fromBot(messages).filter(({ audio, voice, document }) => (audio ?? voice ?? document) !== undefined);
}

const hasSounds = (least: number) => (messages: readonly SeenMessage[]) => sounds(messages).length >= least;

test('a person who asks for a song gets both songs of the run, as music with title, performer and length', async () => {
  await using stage = await aSoundStage();
  const { app, suno, clock } = stage;
  const person = app.person(7);
  person.say('/music a calm piano');
  const messages = await passTime(clock, person.waitFor(hasSounds(2)));

  const facts = { mime: 'audio/mpeg', title: 'a calm piano', performer: 'Suno', durationS: 3 };
  expect(sounds(messages).map(({ audio }) => audio)).toMatchObject([facts, facts]);
  const [first, second] = sounds(messages);
  expect([first?.edited, second?.edited]).toEqual([true, false]);
  expect(first?.buttons.flat().length).toBeGreaterThan(0);
  await passTime(clock, app.event('job.delivered'));
  expect(suno.calls.filter(({ route }) => route === 'submit').map(({ song }) => song)).toMatchObject([
    { customMode: false, instrumental: false, model: 'V5', prompt: 'a calm piano' },
  ]);
  expect(suno.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('style, title and “nobody sings” reach the service, and the title names the songs', async () => {
  await using stage = await aSoundStage();
  const { app, suno, clock } = stage;
  const person = app.person(7);
  person.say('/music Rain falls on me —style “slow jazz” --title Rain --no drums');
  const messages = await passTime(clock, person.waitFor(hasSounds(2)));
  expect(sounds(messages).map(({ audio }) => audio?.title)).toEqual(['Rain', 'Rain']);
  const asked = {
    customMode: true,
    prompt: 'Rain falls on me',
    style: 'slow jazz',
    title: 'Rain',
    negativeTags: 'drums',
  };
  expect(suno.calls.find(({ route }) => route === 'submit')?.song).toMatchObject(asked);
});

test('a picture has no style of songs, which is said and costs nothing', async () => {
  await using stage = await aSoundStage();
  const { app, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox --instrumental');
  const messages = await passTime(
    clock,
    person.waitFor((all) => fromBot(all).some((one) => wordsOf(one).includes('--instrumental'))),
  );
  expect(wordsOf(fromBot(messages).at(-1) ?? expect.fail('Expected an answer'))).toContain(
    'I haven’t started anything',
  );
  expect(count(app, 'job.accepted')).toBe(0);
});

test('when the credits of one service are used up the song comes from the other', async () => {
  await using stage = await aSoundStage({ suno: { accounts: [{ name: 'Poor', key: sunoKey, credits: 0 }] } });
  const { app, suno, kie, clock } = stage;
  const person = app.person(7);
  person.say('/music a calm piano');
  await passTime(clock, person.waitFor(hasSounds(2)));
  const submits = [suno, kie].map(({ calls }) =>
    calls.filter(({ route }) => route === 'submit').map(({ code }) => code),
  );
  expect(submits).toEqual([[429], [200]]);
});

test('words that the service refuses end kindly, and are not sung elsewhere', async () => {
  await using stage = await aSoundStage();
  const { app, suno, kie, clock } = stage;
  suno.setEnding('SENSITIVE_WORD_ERROR');
  const person = app.person(7);
  person.say('/music something that nobody sings');
  expect(await passTime(clock, app.event('job.failed'))).toMatchObject({ code: 'refused' });
  expect(kie.calls).toEqual([]);
});

test('a person whose words are said aloud hears them', async () => {
  await using stage = await aSoundStage();
  const { app, voices, clock } = stage;
  const person = app.person(7);
  person.say('/say hello to everybody');
  const messages = await passTime(clock, person.waitFor(hasSounds(1)));
  const [spoken] = sounds(messages);
  expect(spoken?.audio).toMatchObject({ mime: 'audio/mpeg', title: 'hello to everybody', durationS: 2 });
  expect(spoken?.edited).toBe(true);
  expect(voices.calls).toMatchObject([{ route: 'speech', words: 'hello to everybody', status: 200 }]);
  expect(troubles(app)).toEqual([]);
});

test('a recording in Ogg becomes a voice message of its own, and the status message goes', async () => {
  await using stage = await aSoundStage();
  const { app, voices, clock } = stage;
  voices.setFaults([inOgg]);
  const person = app.person(7);
  person.say('/say hello');
  const messages = await passTime(
    clock,
    person.waitFor((all) => hasSounds(1)(all) && fromBot(all).length === 1),
  );
  const [spoken] = sounds(messages);
  expect(spoken?.voice?.mime).toBe('audio/ogg');
  expect(spoken?.edited).toBe(false);
});

test('a person who takes no voice messages gets the recording as a file', async () => {
  await using stage = await aSoundStage();
  const { app, voices, clock } = stage;
  voices.setFaults([inOgg]);
  const says = 'Bad Request: VOICE_MESSAGES_FORBIDDEN';
  app.telegram.addFault({ method: 'sendVoice', do: { kind: 'refuse', code: 400, says } });
  const person = app.person(7);
  person.say('/say hello');
  const messages = await passTime(
    clock,
    person.waitFor((all) => hasSounds(1)(all) && fromBot(all).length === 1),
  );
  expect(sounds(messages).map(({ document }) => document?.mime)).toEqual(['audio/ogg']);
  expect(voices.calls).toHaveLength(1);
});

test('after its first answer so many calls are made at once as ElevenLabs says that the plan carries', async () => {
  await using stage = await aSoundStage();
  const { app, voices, clock } = stage;
  const people = [1, 2, 3, 4].map((id) => app.person(id));
  app.person(9).say('/say first');
  await passTime(clock, app.event('job.delivered'));
  const hold = voices.hold();
  for (const person of people) person.say('/say hello');
  await until(() => voices.calls.length >= 4);
  expect(voices.calls.map(({ words }) => words)).toEqual(['first', 'hello', 'hello', 'hello']);
  hold.release();
  for (const person of people) await passTime(clock, person.waitFor(hasSounds(1)));
  expect(voices.calls.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

test('Bytez speaks, sings and answers where it serves such models', async () => {
  await using app = await openTestApp();
  const [speaker, singer, asker] = [app.person(7), app.person(8), app.person(9)];
  speaker.say('/say hello');
  const spoken = sounds(await speaker.waitFor(hasSounds(1)));
  singer.say('/music a calm piano');
  const sung = sounds(await singer.waitFor(hasSounds(1)));
  expect([spoken, sung].map(([message]) => message?.document?.mime)).toEqual(['audio/wav', 'audio/wav']);
  asker.say('/ask what is a darkroom?');
  const answers = fromBot(await asker.waitFor(hasAnswer));
  expect(wordsOf(answers.at(-1) ?? expect.fail('Expected an answer'))).toContain('You asked: what is a darkroom?');
});

/** An Ogg file of two pages. */
function anOgg(): Uint8Array {
  const page = (flags: number, packet: Buffer) => {
    const header = Buffer.alloc(28);
    header.write('OggS', 'latin1');
    header.writeUInt8(flags, 5);
    header.writeBigInt64LE(flags === 4 ? 96_000n : 0n, 6);
    header.writeUInt8(1, 26);
    header.writeUInt8(packet.byteLength, 27);
    return Buffer.concat([header, packet]);
  };
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  return Buffer.concat([page(2, head), page(0, Buffer.alloc(250, 1)), page(4, Buffer.alloc(250, 1))]);
}

const inOgg = {
  route: 'speech',
  reply: { kind: 'reply', status: 200, headers: { 'content-type': 'audio/ogg' }, body: anOgg() },
} as const;
