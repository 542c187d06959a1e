import { expect, test } from 'vitest';
import { withDeadQuotes } from '../../../src/bot/outbox/quoted-links.ts';

const joiner = '\u2060';
const quoted = (words: string) => `<b>All of @us: /help</b>\n<blockquote expandable>${words}</blockquote>`;

test('withDeadQuotes() changes the quotes of texts and captions, and nothing else', () => {
  const dead = quoted(`@${joiner}all`);
  expect(withDeadQuotes({ chat_id: -5, text: quoted('@all') })).toEqual({ chat_id: -5, text: dead });
  expect(withDeadQuotes({ caption: quoted('@all'), photo: 'x' })).toEqual({ caption: dead, photo: 'x' });
  const media = { type: 'photo', media: 'x', caption: quoted('@all') };
  expect(withDeadQuotes({ media })).toEqual({ media: { ...media, caption: dead } });
  expect(withDeadQuotes({ media: 'file' })).toEqual({ media: 'file' });
});

test('withDeadQuotes() leaves a text alone that would become too long for Telegram', () => {
  const text = quoted('@a '.repeat(1_350));
  expect(withDeadQuotes({ text })).toEqual({ text });
});
