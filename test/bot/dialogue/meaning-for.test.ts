import { Api, Context } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { commandsIn } from '../../journeys/raw-updates.ts';
import { meaningFor } from '../../../src/bot/dialogue/dialogues.ts';

const me = { id: 1, is_bot: true, first_name: 'Darkroom', username: 'darkroom_bot' } as UserFromGetMe;
const person = { id: 7, is_bot: false, first_name: 'Ann' };
const privately = { id: 7, type: 'private', first_name: 'Ann' };
const group = { id: -100, type: 'group', title: 'Painters' };

function ctxOf(update: object): BotContext {
  return new Context({ update_id: 1, ...update }, new Api('1:t'), me) as BotContext;
}

const commandsOf = ({ text = '' }: { readonly text?: string }) => ({ entities: commandsIn(text) });
const message = (content: object, chat: object = privately) => ({
  message: { message_id: 5, date: 1, chat, from: person, ...commandsOf(content), ...content },
});
const press = (data: string) => ({ callback_query: { id: 'q', from: person, chat_instance: '1', data } });
const replyToBot = (buttons: readonly string[] = []) => ({
  reply_to_message: {
    message_id: 4,
    date: 1,
    chat: privately,
    from: me,
    text: 'Which?',
    reply_markup: { inline_keyboard: [buttons.map((data) => ({ text: 'button', callback_data: data }))] },
  },
});
const replyToPerson = { reply_to_message: { message_id: 4, date: 1, chat: group, from: person, text: 'Hi' } };

test.each([
  ['words in private', message({ text: 'a fox' }), 'answer'],
  ['a sticker in private', message({ sticker: {} }), 'answer'],
  ['a photo in private', message({ photo: [], caption: 'a fox' }), 'answer'],
  [
    'a command under a photo',
    message({ photo: [], caption: '/generate a fox', caption_entities: commandsIn('/generate a fox') }),
    'leaves',
  ],
  ['words in reply to a question', message({ text: 'a fox', ...replyToBot(['example:image']) }), 'answer'],
  ['words in reply to a result', message({ text: 'a fox', ...replyToBot(['again:tg-1']) }), 'nothing'],
  ['a command', message({ text: '/status' }), 'leaves'],
  ['a command for us', message({ text: '/status@Darkroom_bot' }), 'leaves'],
  ['a command for another bot', message({ text: '/status@other_bot' }, group), 'nothing'],
  ['a command in a group', message({ text: '/status' }, group), 'leaves'],
  ['words in a group', message({ text: 'a fox' }, group), 'nothing'],
  ['words in a group in reply to somebody', message({ text: 'a fox', ...replyToPerson }, group), 'nothing'],
  ['words in a group in reply to the bot', message({ text: 'a fox', ...replyToBot() }, group), 'answer'],
  ['a sticker in a group in reply to the bot', message({ sticker: {}, ...replyToBot() }, group), 'nothing'],
  ['a payment', message({ successful_payment: {} }), 'nothing'],
  ['a pinned message', message({ pinned_message: {} }), 'nothing'],
  ['a payment to be checked', { pre_checkout_query: { id: 'q', from: person } }, 'nothing'],
  ['an edited message', { edited_message: message({ text: 'a fox' }).message }, 'nothing'],
  ['a press of the dialogue', press('ask:shape.wide.1'), 'answer'],
  ['a press of the example', press('example:image'), 'leaves'],
  ['a press of another button', press('again:tg-1'), 'nothing'],
  ['a press of nothing of ours', press('pay:1'), 'nothing'],
] as const)('heard() takes %s for what it is', (_, update, meaning) => {
  expect(meaningFor(ctxOf(update))).toBe(meaning);
});
