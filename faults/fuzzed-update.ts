import * as fc from 'fast-check';
import { jsonChanges, changedJson } from './changed-json.ts';
import { type Fields, fuzzedContent, fuzzedOrigin, fuzzedService, nested } from './fuzzed-message.ts';
import { callbackData, places } from './fuzzed-button-press.ts';
import { fuzzedCommand, fuzzedText } from './fuzzed-text.ts';
import { groupMessage, type Maker, privateChat, privateMessage, queryIdOf, userOf } from './update-maker.ts';

/** The answer that the sender of an update may expect. */
export type Expectation = 'words' | 'press' | 'nothing';

export type FuzzedUpdate = {
  /** Whether Telegram could send this; otherwise its shape is broken. */
  readonly isValid: boolean;
  readonly expects: Expectation;
  readonly make: (maker: Maker) => Fields;
};

/** Updates of all kinds, valid and malformed; some contain one of the `secrets`. */
export function fuzzedUpdate(secrets: readonly string[]): fc.Arbitrary<FuzzedUpdate> {
  const words = fuzzedText(secrets);
  const content = fuzzedContent(words, fuzzedCommand(words));
  const own = update('words', fc.tuple(content, fuzzedOrigin, replies), ([said, origin, reply]) => (maker) => ({
    message: { ...privateMessage(maker), ...said, ...origin, ...reply(maker) },
  }));
  const service = update('nothing', fuzzedService, (fields) => (maker) => ({
    message: { ...privateMessage(maker), ...fields },
  }));
  const inGroup = update('nothing', fc.tuple(content, fc.nat(), replies), ([said, which, reply]) => (maker) => ({
    message: { ...groupMessage(maker, which), ...said, ...reply(maker) },
  }));
  const ofNobody = update(
    'nothing',
    fc.tuple(content, fc.constantFrom(...nonPersons), fc.nat()),
    ([said, nobody, which]) =>
      (maker) => ({ message: { ...groupMessage(maker, which), ...said, ...nobody } }),
  );
  const otherKind = update(
    'nothing',
    fc.tuple(content, fc.constantFrom(...messageKinds)),
    ([said, kind]) =>
      (maker) => ({ [kind]: { ...privateMessage(maker), edit_date: 2, ...said } }),
  );
  const press = fc.tuple(callbackData, fc.nat(), places).map(([data, which, { isGroup, fields }]): FuzzedUpdate => ({
    isValid: true,
    expects: isGroup ? 'nothing' : 'press',
    make: (maker) => {
      const real = maker.buttons[which % Math.max(1, maker.buttons.length)];
      const pressed = which % 2 === 0 || real === undefined ? { messageId: 1, data } : real;
      const query = { id: queryIdOf(maker), from: userOf(maker), chat_instance: '1', data: pressed.data };
      return { callback_query: { ...query, ...fields(maker, pressed.messageId) } };
    },
  }));
  const memberships = update(
    'nothing',
    fc.constantFrom('kicked', 'member', 'left', 'restricted'),
    (status) => (maker) => ({
      my_chat_member: {
        chat: privateChat(maker),
        from: userOf(maker),
        date: 1,
        old_chat_member: { user: userOf(maker), status: 'member' },
        new_chat_member: { user: { id: maker.botId, is_bot: true, first_name: 'Darkroom' }, status },
      },
    }),
  );
  const foreign = update(
    'nothing',
    fc.tuple(fc.constantFrom(...foreignKinds), fc.oneof(fc.jsonValue({ maxDepth: 4 }), words)),
    ([kind, value]) =>
      (maker) => ({
        [kind]: { id: queryIdOf(maker), from: userOf(maker), chat: privateChat(maker), query: value, value },
      }),
  );
  const huge = update('words', fc.tuple(content, fc.integer({ min: 10, max: 300 })), ([said, depth]) => (maker) => ({
    message: {
      ...nested({ ...privateMessage(maker), ...said }, depth),
      entities:
        'text' in said ? Array.from({ length: depth * 10 }, (_, at) => ({ type: 'bold', offset: at, length: 1 })) : [],
    },
  }));
  const sound = fc.oneof(
    { weight: 150, arbitrary: own },
    { weight: 9, arbitrary: service },
    { weight: 36, arbitrary: inGroup },
    { weight: 9, arbitrary: ofNobody },
    { weight: 15, arbitrary: otherKind },
    { weight: 42, arbitrary: press },
    { weight: 6, arbitrary: memberships },
    { weight: 12, arbitrary: foreign },
    { weight: 1, arbitrary: huge },
  );
  const broken = fc
    .tuple(
      sound,
      jsonChanges(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }), fc.constantFrom(...strange))),
    )
    .map(([{ make }, changes]): FuzzedUpdate => ({
      isValid: false,
      expects: 'nothing',
      make: (maker) => {
        const raw = withNumberedChats(changes.reduce<unknown>(changedJson, make(maker)), maker);
        return typeof raw === 'object' && raw !== null ? { ...raw } : {};
      },
    }));
  return fc.oneof({ weight: 12, arbitrary: sound }, { weight: 1, arbitrary: broken });
}

function update<Value>(
  expects: Expectation,
  arbitrary: fc.Arbitrary<Value>,
  make: (value: Value) => FuzzedUpdate['make'],
): fc.Arbitrary<FuzzedUpdate> {
  return arbitrary.map((value) => ({ isValid: true, expects, make: make(value) }));
}

/** Senders that are not a person. */
const nonPersons: readonly Fields[] = [
  { from: undefined, sender_chat: { id: -1_001_234_567_890, type: 'channel', title: 'News' } },
  { from: { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' } },
  { from: { id: 777_000, is_bot: false, first_name: 'Telegram' } },
  { from: { id: 136_817_688, is_bot: true, first_name: 'Channel' }, sender_chat: { id: -1_002, type: 'channel' } },
  { from: { id: 42, is_bot: true, first_name: 'Other', username: 'other_bot' } },
  { migrate_to_chat_id: -1_009_999_999_999 },
  { migrate_from_chat_id: -4_242 },
];

const messageKinds = ['edited_message', 'channel_post', 'edited_channel_post', 'business_message'] as const;

const foreignKinds = [
  'inline_query',
  'chosen_inline_result',
  'shipping_query',
  'poll',
  'poll_answer',
  'chat_member',
  'chat_join_request',
  'message_reaction',
  'message_reaction_count',
  'chat_boost',
  'business_connection',
  'deleted_business_messages',
  'purchased_paid_media',
  'something_of_the_future',
] as const;

const strange = [
  null,
  '',
  0,
  -1,
  1e308,
  true,
  [],
  {},
  '\ud800',
  { id: null },
  { __proto__: null, admin: true },
] as const;

/** The message that is replied to. */
const replies: fc.Arbitrary<(maker: Maker) => Fields> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(() => ({})) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('again:tg-730114001', 'cancel:all', 'ask:x', '').map((data) => (maker: Maker) => ({
      reply_to_message: {
        ...privateMessage(maker),
        from: { id: maker.botId, is_bot: true, first_name: 'Darkroom', username: 'darkroom_sandbox_bot' },
        text: 'words of the bot',
        reply_markup: { inline_keyboard: [[{ text: 'x', callback_data: data }]] },
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant((maker: Maker) => ({ reply_to_message: { ...privateMessage(maker), text: 'own words' } })),
  },
);

/** A chat without a numeric id cannot be answered; everything else may be malformed. */
function withNumberedChats(value: unknown, maker: Maker): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => withNumberedChats(entry, maker));
  const entries = Object.entries(value).map(([name, part]: [string, unknown]): [string, unknown] => {
    if (name !== 'chat' || typeof part !== 'object' || part === null) return [name, withNumberedChats(part, maker)];
    const id: unknown = Reflect.get(part, 'id');
    return [name, Number.isSafeInteger(id) ? part : { ...part, id: maker.userId }];
  });
  return Object.fromEntries(entries);
}
