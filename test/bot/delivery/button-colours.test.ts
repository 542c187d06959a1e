import { expect, test } from 'vitest';
import { keyboardFor } from '../../../src/bot/delivery/media-message.ts';
import { jobId } from '../../../src/domain/ids.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import type { MessageView } from '../../../src/messages/view.ts';
import { aView } from '../../messages/builders.ts';

const mapper = createMessageMapper(loadCatalog());
const id = jobId('7-1001');
const remix = { id, kind: 'image', prompt: 'a fox', hasSeed: true, canEnlarge: true, models: [] } as const;
const asks = { id: 8, askedBy: 8, name: 'Ada', chatId: 8, locale: 'en' } as const;
const progress = { sent: 1, closed: 0, unsure: 0, failed: 0, 'left-out': 0, total: 9, waiting: 8 };
const failed = { kind: 'ended', outcome: { kind: 'failed', code: 'busy' } } as const;

/** The colours that Telegram is told, row by row; a plain button has none. */
function colours(view: Pick<MessageView, 'rows'>): readonly (readonly (string | undefined)[])[] {
  return keyboardFor({ text: '', rows: view.rows }).inline_keyboard.map((row) => row.map(({ style }) => style));
}

test('what cannot be undone is red, what lets in is green, and the way on is blue', () => {
  expect(colours(mapper.forgetQuestion(7, 'en'))).toEqual([['danger'], [undefined]]);
  expect(colours({ rows: mapper.remix('delete', remix, 'en') })).toEqual([['danger'], [undefined]]);
  expect(colours(mapper.accessRequest({ ...asks, state: 'asked' }, 'en'))).toEqual([['success', 'danger']]);
  expect(colours(mapper.reported({ job: id, userId: 7, reports: 1 }, 'en'))).toEqual([
    [undefined, 'danger'],
    ['danger'],
  ]);
  expect(colours(mapper.broadcastQuestion(1, 9, 'en'))).toEqual([['primary'], [undefined]]);
  expect(colours(mapper.broadcastProgress(1, 'sending', progress, 'en'))).toEqual([['danger']]);
  expect(colours(mapper.ended(aView({ phase: failed }), 'en', 0))[0]?.[0]).toBe('primary');
});

test('under a result no button shouts', () => {
  expect(colours({ rows: mapper.remix('back', remix, 'en') }).flat()).toEqual([undefined, undefined, undefined]);
});
