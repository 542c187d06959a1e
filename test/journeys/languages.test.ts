import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import type { Group } from '../../sandbox/telegram/people/group.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { type FailureCode, failureCodes } from '../../src/domain/failure.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { commandsIn, messageOf, userOf } from './raw-updates.ts';
import { count, until } from './talk.ts';
import { faultsOfWords } from './words-of-a-language.ts';

const catalog = loadCatalog();
const model = 'dreamlike-art/dreamlike-photoreal-2.0';
const usual = {
  IMAGE_CHAIN: `bytez:${model}`,
  BYTEZ_SEATS_PER_KEY: '13',
  BYTEZ_SEATS_MAX: '13',
};
const impatient = { IMAGE_TIMEOUT_S: '9', IMAGE_DEADLINE_S: '30' };

/** A person whose Telegram speaks this language, named as Telegram names it: in small letters. */
type Speaker = {
  readonly locale: string;
  readonly person: Person;
  readonly group: Group;
  readonly request: string;
};

type Scene = {
  readonly app: TestApp;
  readonly clock: FakeClock;
  readonly speakers: readonly Speaker[];
  /** Lets the provider answer again. */
  readonly release: () => void;
};

type Provocation = {
  /** The picture that stands before what is told, in every language. */
  readonly sign: string;
  readonly fault?: BytezFault['do'];
  readonly env?: Readonly<Record<string, string>>;
  /** The first request, of somebody else, is not answered until all is over. */
  readonly isHeld?: true;
  /** What people say and do until they are told; each asks for a picture when absent. */
  readonly act?: (scene: Scene) => Promise<void> | void;
  readonly inGroup?: true;
};

function askAll({ speakers }: Pick<Scene, 'speakers'>, words?: string): void {
  for (const { person, request } of speakers) person.say(words ?? request);
}

/** Everybody waits behind somebody whose picture takes its time. */
async function askBehind(scene: Scene): Promise<void> {
  scene.app.person(99).say('/generate a fox');
  await until(() => scene.app.bytez.calls.some(({ route }) => route === 'run'));
  askAll(scene);
  await until(() => count(scene.app, 'job.accepted') === scene.speakers.length + 1);
}

function inDatabase(app: TestApp, sql: string): void {
  using beside = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { timeout: 5_000 });
  beside.exec(sql);
}

function refuseInGroups({ app, speakers }: Scene, method: RegExp, says: string): void {
  for (const { group } of speakers)
    app.telegram.addFault({ chatId: group.id, method, do: { kind: 'refuse', code: 400, says } });
}

const oneSeat = { BYTEZ_SEATS_PER_KEY: '1', BYTEZ_SEATS_MAX: '1' };

/** Each code by what a provider, a setting or a person does; where the code itself is meant to be rare, by a stored row. */
const provocations: Readonly<Record<FailureCode, Provocation>> = {
  'keys-being-set-up': { sign: '🛠', fault: { kind: 'unauthorized' } },
  'out-of-credit': { sign: '🪫', fault: { kind: 'out-of-credit' } },
  busy: { sign: '🚦', fault: { kind: 'rate-limited', retryAfterS: 300 }, env: impatient },
  'taking-longer': { sign: '⏳', fault: { kind: 'hang' }, env: impatient },
  'provider-down': { sign: '🌧', fault: { kind: 'status', status: 503 }, env: impatient },
  'model-unavailable': { sign: '🧩', fault: { kind: 'no-model' } },
  'result-unavailable': { sign: '📭', fault: { kind: 'html-media' }, env: { MAX_ATTEMPTS: '1' } },
  refused: { sign: '🙅', fault: { kind: 'refused' } },
  'bad-request': { sign: '✏️', fault: { kind: 'status', status: 422 } },
  'empty-prompt': { sign: '🎨', act: (scene) => askAll(scene, '/generate …') },
  'prompt-too-long': {
    sign: '✂️',
    act: async (scene) => {
      // A bot may write to those who have written to it.
      askAll(scene, '/cancel');
      await Promise.all(scene.speakers.map(({ person }) => person.waitFor((seen) => fromBot(seen).length > 0)));
      for (const { person } of scene.speakers) {
        const text = `/generate ${'f'.repeat(4_097)}`;
        const from = userOf(person.id, { language_code: person.profile.languageCode });
        scene.app.telegram.sendUpdate({ message: messageOf(person.id, { text, from, entities: commandsIn(text) }) });
      }
    },
  },
  'too-large': { sign: '📦', fault: { kind: 'big-media', bytes: 50_000_001 }, env: { MAX_ATTEMPTS: '1' } },
  'quota-reached': {
    sign: '🌙',
    isHeld: true,
    env: { FREE_IMAGES_PER_DAY: '1' },
    act: async (scene) => {
      await askBehind(scene);
      askAll(scene);
    },
  },
  'queue-full': {
    sign: '📋',
    isHeld: true,
    env: { FREE_WAITING: '1' },
    act: async (scene) => {
      await askBehind(scene);
      askAll(scene);
    },
  },
  'not-allowed': { sign: '🔒' },
  'media-not-allowed': {
    sign: '🔇',
    inGroup: true,
    act: (scene) => {
      refuseInGroups(scene, /Media|Photo|Document/, 'Bad Request: not enough rights to send photos to the chat');
      for (const { person, group, request } of scene.speakers) person.say(request, { in: group });
    },
  },
  'chat-closed': {
    sign: '📪',
    inGroup: true,
    act: async (scene) => {
      refuseInGroups(scene, /./, 'Bad Request: not enough rights to send text messages to the chat');
      for (const { person, group, request } of scene.speakers) person.say(request, { in: group });
      const isHeld = until(() => count(scene.app, 'job.undeliverable') === scene.speakers.length);
      await passTime(scene.clock, isHeld);
      scene.app.telegram.clearFaults();
      for (const { person, group } of scene.speakers) person.say('/help', { in: group });
    },
  },
  'set-aside': {
    sign: '🧯',
    isHeld: true,
    env: oneSeat,
    act: async (scene) => {
      await askBehind(scene);
      inDatabase(scene.app, `UPDATE jobs SET kind = 'hologram' WHERE user_id <> 99`);
      scene.release();
    },
  },
  cancelled: {
    sign: '✋',
    isHeld: true,
    env: oneSeat,
    act: async (scene) => {
      await askBehind(scene);
      for (const { person } of scene.speakers) {
        const message = fromBot(await person.waitFor((seen) => fromBot(seen).some(isUnderWay))).find(isUnderWay);
        const cancel = message?.buttons.flat().find(({ data }) => data?.startsWith('cancel:') === true);
        person.press(message?.id ?? 0, cancel?.text ?? '');
      }
    },
  },
  stopped: {
    sign: '⏹',
    isHeld: true,
    env: oneSeat,
    act: async (scene) => {
      await askBehind(scene);
      const outcome = JSON.stringify({ kind: 'failed', code: 'stopped' });
      inDatabase(
        scene.app,
        `UPDATE jobs SET state = 'ended', outcome = '${outcome}', ended_at_ms = accepted_at_ms WHERE user_id <> 99`,
      );
      await passTime(scene.clock, scene.app.restart());
    },
  },
};

function isUnderWay({ buttons }: SeenMessage): boolean {
  return buttons.flat().some(({ data }) => data?.startsWith('cancel:') === true);
}

/** What was told: the bot's newest message with this sign, once nothing can be cancelled any more. */
function toldIn(messages: readonly SeenMessage[], sign: string): SeenMessage | undefined {
  return fromBot(messages).findLast((message) => wordsOf(message).startsWith(sign) && !isUnderWay(message));
}

/** Everything that the bot wrote into a chat, overwritten words and buttons included. */
function shownIn(app: TestApp, chatId: number): readonly string[] {
  return app.telegram.calls
    .filter(({ params }) => Number(params['chat_id']) === chatId)
    .flatMap(({ params }) => [params['text'], params['caption'], ...labelsOf(params['reply_markup'])])
    .filter((words) => typeof words === 'string')
    .map((words) => words.replaceAll(/<code>.*?<\/code>|<[^>]+>/gs, ''));
}

function labelsOf(markup: unknown): readonly string[] {
  const parsed: unknown = typeof markup === 'string' ? JSON.parse(markup) : markup;
  const rows = (parsed as { inline_keyboard?: readonly (readonly { text: string }[])[] } | undefined)?.inline_keyboard;
  return (rows ?? []).flat().map(({ text }) => text);
}

test.each(failureCodes)('"%s" is told in thirteen languages, each its own, with a button', async (code) => {
  const { sign, fault, env, act = askAll, inGroup, isHeld } = provocations[code];
  const clock = fakeClock();
  using place = scratch();
  const modelsFile = join(place.dir, 'models.json');
  writeFileSync(modelsFile, JSON.stringify([{ provider: 'bytez', model, kind: 'image', who: 'premium' }]));
  await using app = await openTestApp({
    accounts: [fault === undefined ? [] : [{ do: fault }]],
    clock,
    seats: 13,
    env: { ...usual, ...(code === 'not-allowed' ? { MODELS_FILE: modelsFile } : {}), ...env },
  });
  const speakers = catalog.locales.map((locale, index): Speaker => {
    const person = app.person(index + 1, locale.toLowerCase());
    const group = app.telegram.group({ id: -101 - index, title: 'Painters' });
    return { locale, person, group, request: `/generate ${catalog.plain(locale, 'example.image')}` };
  });
  const hold = isHeld === undefined ? undefined : app.bytez.hold();
  const release = () => hold?.release();
  await act({ app, clock, speakers, release });
  const everybodyIsTold = speakers.map(({ person, group }) =>
    person.waitFor((seen) => toldIn(seen, sign) !== undefined, inGroup === undefined ? {} : { in: group }),
  );
  await passTime(clock, Promise.all(everybodyIsTold), { stepMs: 2_000, atMostMs: 21_600_000 });
  release();

  const told = speakers.map(({ locale, person, group }) => {
    const message = toldIn(person.messages(inGroup === undefined ? undefined : group), sign);
    return { locale, words: wordsOf(message), labels: message?.buttons.flat().map(({ text }) => text) ?? [] };
  });
  const wrong = told.flatMap(({ locale, words, labels }) => {
    const [whatHappened = '', whatNext = ''] = words.split('\n');
    const faults = [
      ...(whatHappened.length > 6 && whatNext.length > 3 ? [] : ['says only what happened']),
      ...(labels.length > 0 ? [] : ['has no button']),
      ...(words.length <= 4_096 && labels.every((label) => label.length <= 40) ? [] : ['is too long']),
    ];
    return faults.map((fault) => `${locale} ${fault}: ${words}`);
  });
  const foreign = speakers.flatMap(({ locale, person, group }) =>
    shownIn(app, inGroup === undefined ? person.id : group.id).flatMap((words) =>
      faultsOfWords(locale, words).map((fault) => `${locale} ${fault}: ${words}`),
    ),
  );
  expect([...wrong, ...foreign]).toEqual([]);
  expect(new Set(told.map(({ words }) => words)).size).toBe(speakers.length);
});
