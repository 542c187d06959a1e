import * as fc from 'fast-check';
import { Bot } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import { expect, test } from 'vitest';
import { buttons } from '../../src/bot/buttons.ts';
import type { BotContext, BotDeps } from '../../src/bot/context.ts';
import { jobId } from '../../src/domain/ids.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { callbackVerbs } from '../../src/messages/view.ts';
import { aView } from '../messages/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { messageOf, userOf } from '../journeys/raw-updates.ts';
import { runs } from '../support/property-runs.ts';
import { anyCharacter } from '../support/any-character.ts';

const me = { id: 1, is_bot: true, first_name: 'Darkroom', username: 'darkroom_bot' } as UserFromGetMe;
const [stranger, owner] = [8, 7];
const owned = jobId('tg-730114001');

/** The buttons alone, over dependencies that record what was done. */
function aBot() {
  const done: string[] = [];
  const answers: string[] = [];
  const origin = { chatId: owner, chatType: 'private', userId: owner, messageId: 1 };
  const job = { id: owned, kind: 'image', prompt: 'a fox', origin, updateId: 1, state: { kind: 'running' } };
  const note = (what: string) => (subject: unknown) => void done.push(`${what} ${String(subject)}`);
  const catalog = loadCatalog();
  const clock = fakeClock();
  const deps = {
    service: {
      offered: () => ['image', 'video'] as const,
      find: async (id: string) => (id === owned ? { job, view: aView({ id: owned }) } : undefined),
      findAll: async () => [],
      cancel: async (id: string, userId: number) => {
        // The ledger ends nothing but a person's own.
        if (id !== owned || userId !== owner) return { kind: 'not-found' };
        note('cancel')(id);
        return { kind: 'cancelled' };
      },
      models: { checkOptions: () => ({ ok: true, options: {} }), offered: () => [] },
      submit: async ({ kind }: { kind: string }) => {
        note('submit')(kind);
        return { kind: 'refused', code: 'queue-full' };
      },
    },
    pastRequests: {
      find: async () => undefined,
      ofJob: async () => undefined,
      page: async () => ({ entries: [], hasNewer: false, hasOlder: false }),
    },
    feedback: { mayGive: async () => true },
    users: {
      setPreferences: async () => undefined,
      setModels: async () => undefined,
      setLocale: async (_id: number, locale: string) => note('locale')(locale),
      usedToday: async () => 0,
    },
    admin: { keys: { list: note('keys'), test: note('keys'), wake: note('keys') } },
    dialogues: { read: async () => ({ state: '{}', writtenAtMs: clock.now() }), delete: async () => undefined },
    statusMessages: { refresh: note('refresh') },
    lists: { viewFor: async () => ({ view: { text: '', rows: [] }, open: [] }), shown: async () => undefined },
    deliveries: { showAgain: note('showAgain') },
    wayBack: { mayCarry: async () => true, expectAnswer: () => ({ [Symbol.dispose]: () => undefined }) },
    messages: createMessageMapper(catalog),
    matchLocale: (code: string) => catalog.match(code, 'en'),
    forget: async (userId: number) => {
      note('forget')(userId);
      return { requests: 0, left: 0 };
    },
    clock,
    perDay: { free: { image: 1, video: 1 } },
    prices: { packs: [], subscription: undefined },
    waiting: { free: 1 },
  };
  const bot = new Bot<BotContext>('1:t', { botInfo: me });
  bot.api.config.use(async (_previous, method, payload) => {
    if (method === 'answerCallbackQuery') answers.push(String((payload as { text?: string }).text));
    return { ok: true, result: true } as never;
  });
  bot.use((ctx, next) => {
    ctx.speaker = { userId: stranger, name: 'Ben', admin: false, lane: 'free', locale: 'en' };
    return next();
  });
  bot.use(buttons(deps as unknown as BotDeps));
  const press = async (data: string) => {
    done.length = 0;
    answers.length = 0;
    const said = messageOf(stranger, { message_id: 3, text: 'a hare' });
    const message = messageOf(stranger, { message_id: 1, text: 'x', reply_to_message: said });
    const query = { id: 'q', from: userOf(stranger), chat_instance: '1', message, data };
    await bot.handleUpdate({ update_id: 2, callback_query: query } as unknown as Update);
    return { done: [...done], answers: [...answers] };
  };
  return { press };
}

/** What a stranger may do with data that says exactly this. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'example:image': ['submit image'],
  'example:video': ['submit video'],
  'make:image': ['submit image'],
  'make:video': ['submit video'],
  'language:en': ['locale en'],
  'language:es': ['locale es'],
  'language:ru': ['locale ru'],
  [`forget:yes-${stranger}`]: [`forget ${stranger}`],
};

const id = fc.oneof(
  fc.constantFrom<string>(
    owned,
    'all',
    'open',
    'wake',
    'test',
    'image',
    'en',
    '__proto__',
    'constructor',
    'shape.wide.1',
    `yes-${owner}`,
    `no-${owner}`,
    `yes-${stranger}`,
  ),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.string({ maxLength: 70 }),
);
const verb = fc.oneof(fc.constantFrom<string>(...callbackVerbs), fc.constantFrom('__proto__', 'toString', 'pay', ''));
const data = fc.oneof(
  fc.tuple(verb, id).map((parts) => parts.join(':')),
  fc.tuple(verb, id, fc.nat(70), fc.string({ maxLength: 3 })).map(([word, rest, at, more]) => {
    const whole = `${word}:${rest}`;
    return `${whole.slice(0, at)}${more}${whole.slice(at + 1)}`;
  }),
  fc.string({ unit: anyCharacter, maxLength: 80 }),
);

const { locales } = loadCatalog();

/** Who presses chooses the language of their own. */
function choosesLanguage(written: string): readonly string[] {
  return locales.filter((locale) => written === `language:${locale}`).map((locale) => `locale ${locale}`);
}

test('whatever data a press carries, it is answered once and changes nothing that is not the presser’s (B16)', async () => {
  const { press } = aBot();
  expect(await press(`cancel:${owned}`)).toEqual({ done: [], answers: [expect.stringContaining('someone else’s')] });
  expect(await press(`forget:yes-${owner}`)).toEqual({
    done: [],
    answers: [expect.stringContaining('someone else’s')],
  });
  expect(await press('language:es')).toMatchObject({ done: ['locale es'] });
  expect(await press('language:tr')).toMatchObject({ done: choosesLanguage('language:tr') });
  await fc.assert(
    fc.asyncProperty(data, async (written) => {
      const { done, answers } = await press(written);
      expect(answers).toHaveLength(1);
      expect(answers[0]).toMatch(/\S/);
      expect(done).toEqual(Object.hasOwn(allowed, written) ? allowed[written] : choosesLanguage(written));
    }),
    { numRuns: runs(10_000) },
  );
});
