import * as fc from 'fast-check';
import { callbackVerbs } from '../src/messages/view.ts';
import type { Fields } from './fuzzed-message.ts';
import { groupMessage, type Maker, privateChat, privateMessage } from './update-maker.ts';

/** Callback data, genuine or forged. */
export const callbackData = fc.oneof(
  fc
    .tuple(
      fc.constantFrom<string>(...callbackVerbs, '__proto__', 'pay', ''),
      fc.oneof(
        fc.constantFrom('tg-730114001', 'all', 'open', 'wake', 'image', 'video', 'es', 'shape.wide.1', '__proto__'),
        fc.string({ unit: 'binary', maxLength: 70 }),
      ),
    )
    .map((parts) => parts.join(':')),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

/** The message under which a button was pressed. */
export type Place = {
  /** A group has a low message limit; a private chat has a high one. */
  readonly isGroup: boolean;
  readonly fields: (maker: Maker, messageId: number) => Fields;
};

export const places: fc.Arbitrary<Place> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ isGroup: false, fields: underOwnMessage }) },
  {
    weight: 1,
    arbitrary: fc.constant({
      isGroup: false,
      fields: (maker: Maker, messageId: number) => ({
        message: { message_id: messageId, date: 0, chat: privateChat(maker) },
      }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ isGroup: false, fields: () => ({ inline_message_id: 'AAAA' }) }) },
  {
    weight: 1,
    arbitrary: fc.nat().map((which) => ({
      isGroup: true,
      fields: (maker: Maker, messageId: number) => ({
        message: { ...groupMessage(maker, which), message_id: messageId, text: 'words of the bot' },
      }),
    })),
  },
);

function underOwnMessage(maker: Maker, messageId: number): Fields {
  const from = { id: maker.botId, is_bot: true, first_name: 'Darkroom' };
  return { message: { ...privateMessage(maker), message_id: messageId, from, text: 'words of the bot' } };
}
