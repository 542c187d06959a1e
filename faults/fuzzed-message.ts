import * as fc from 'fast-check';

export type Fields = Readonly<Record<string, unknown>>;

const ids = fc.integer({ min: 1, max: 9_999_999_999 });

/** The content of a message, instead of or in addition to text. */
export function fuzzedContent(words: fc.Arbitrary<string>, command: fc.Arbitrary<string>): fc.Arbitrary<Fields> {
  const file = fc.record({ file_id: words, file_unique_id: words, file_size: fc.nat() });
  const named = fc.record({ file_id: words, file_unique_id: words, mime_type: fc.constantFrom('image/png', 'x') });
  const caption = fc.option(fc.oneof(words, command), { nil: undefined });
  const media = (name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Fields> =>
    fc.tuple(value, caption).map(([one, text]) => ({ [name]: one, ...(text === undefined ? {} : { caption: text }) }));
  const text: fc.Arbitrary<Fields> = fc
    .tuple(fc.oneof({ weight: 2, arbitrary: command }, { weight: 1, arbitrary: words }), entities)
    .map(([said, odd]) => ({ text: said, entities: [...commandsIn(said), ...odd] }));
  return fc.oneof(
    { weight: 10, arbitrary: text },
    { weight: 1, arbitrary: media('photo', fc.array(file, { minLength: 1, maxLength: 3 })) },
    { weight: 1, arbitrary: media('document', named) },
    { weight: 1, arbitrary: media('voice', file) },
    { weight: 1, arbitrary: media('video', file) },
    {
      weight: 1,
      arbitrary: media('sticker', fc.record({ file_id: words, emoji: words, type: fc.constant('regular') })),
    },
    { weight: 1, arbitrary: media('location', fc.record({ latitude: fc.double(), longitude: fc.double() })) },
    { weight: 1, arbitrary: media('contact', fc.record({ phone_number: fc.constant('+1'), first_name: words })) },
    { weight: 1, arbitrary: media('dice', fc.constant({ emoji: '🎲', value: 6 })) },
    {
      weight: 1,
      arbitrary: media(
        'poll',
        fc.record({ id: fc.constant('1'), question: fc.constant('?'), options: fc.constant([]) }),
      ),
    },
  );
}

/** Service messages, which Telegram writes itself. */
export const fuzzedService: fc.Arbitrary<Fields> = fc.oneof(
  fc.constant({ pinned_message: { message_id: 1, date: 0, chat: { id: 1, type: 'private' } } }),
  fc.constant({ new_chat_members: [{ id: 1, is_bot: false, first_name: 'x' }] }),
  fc.constant({ left_chat_member: { id: 1, is_bot: true, first_name: 'x' } }),
  fc.constant({ group_chat_created: true }),
  fc.constant({ write_access_allowed: {} }),
  fc.constant({ users_shared: { request_id: 1, users: [] } }),
  fc.constant({ message_auto_delete_timer_changed: { message_auto_delete_time: 86_400 } }),
  fc.constant({ something_of_the_future: { deep: [[[[]]]] } }),
);

/** The origin of a message apart from its sender, whom it does not change. */
export const fuzzedOrigin: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: ids.map((id) => ({
      forward_origin: { type: 'user', date: 1, sender_user: { id, is_bot: false, first_name: 'Somebody' } },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ forward_origin: { type: 'hidden_user', date: 1, sender_user_name: '<b>' } }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ via_bot: { id: 5, is_bot: true, first_name: 'Other', username: 'other_bot' } }),
  },
  { weight: 1, arbitrary: fc.constant({ is_topic_message: true, message_thread_id: 77 }) },
  {
    weight: 1,
    // An album is answered once, so each message is of another one.
    arbitrary: fc
      .nat()
      .map((album) => ({ media_group_id: String(album), has_protected_content: true, is_automatic_forward: true })),
  },
  { weight: 1, arbitrary: fc.constant({ quote: { text: 'a fox', position: 0 }, effect_id: '1', paid_star_count: 3 }) },
);

const entities = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.record({
        type: fc.constantFrom('bold', 'url', 'text_link', 'mention', 'bot_command', 'spoiler', 'newer_than_we_are'),
        offset: fc.integer({ min: -5, max: 5_000 }),
        length: fc.integer({ min: -5, max: 5_000 }),
      }),
      { maxLength: 30 },
    ),
  },
);

/** The commands as Telegram marks them. */
function commandsIn(text: string): readonly Fields[] {
  const [command] = /^\/[a-zA-Z0-9_]+(?:@\w+)?/.exec(text) ?? [];
  return command === undefined ? [] : [{ type: 'bot_command', offset: 0, length: command.length }];
}

/** A message within a message within a message. */
export function nested(message: Fields, depth: number): Fields {
  let inner = message;
  for (let level = 0; level < depth; level += 1) inner = { ...message, reply_to_message: inner };
  return inner;
}
