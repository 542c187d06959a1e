import { expect, test } from 'vitest';
import { LinkButtons } from '../../../src/bot/delivery/link-buttons.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { jobId } from '../../../src/domain/ids.ts';
import type { ResultCopies } from '../../../src/domain/media.ts';
import type { GenerationService } from '../../../src/jobs/generation-service.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { aJob } from '../../support/builders.ts';
import { fakeTelegram, refusing, type TelegramDeed } from '../../support/fake-telegram.ts';

const url = 'https://cdn.example.com/results/0123.png';
const id = jobId('tg-1');
const outcome = { kind: 'cancelled' } as const;
const job = aJob({ id, state: { kind: 'told', outcome } });

/** A second file of a result, whose link came too late for its message. */
function aStage(answer?: () => TelegramDeed | undefined) {
  const telegram = fakeTelegram(answer);
  const events: AppEvent[] = [];
  let isLinked = false;
  const copies: ResultCopies = {
    linksOf: async () => new Map([[1, url]]),
    linked: async () => void (isLinked = true),
    unlinked: async () => (isLinked ? [] : [{ part: 1, url, messageId: 42 }]),
    jobsWithoutLinks: async () => (isLinked ? [] : [id]),
    onKept: () => ({ [Symbol.dispose]: () => undefined }),
  };
  const buttons = new LinkButtons({
    copies,
    outbox: telegram.outbox,
    jobs: { find: async () => job },
    service: {} as GenerationService,
    messages: createMessageMapper(loadCatalog()),
    clock: telegram.clock,
    emit: (event) => events.push(event),
  });
  return { telegram, buttons, events, isLinked: () => isLinked };
}

test('LinkButtons.of() gives no link to a message before Telegram has taken one in an edit of the buttons', async () => {
  const { telegram, buttons, isLinked } = aStage();
  expect(await buttons.of(id, [])).toEqual(new Map());
  await buttons.resume();
  await telegram.clock.advance(5_000);
  expect(telegram.calls.map(({ method, payload }) => [method, payload])).toMatchObject([
    ['editMessageReplyMarkup', { message_id: 42, reply_markup: { inline_keyboard: [[{ text: '🔗 Link', url }]] } }],
  ]);
  expect(isLinked()).toBe(true);
  expect(await buttons.of(id, [])).toEqual(new Map([[1, url]]));
});

test('LinkButtons gives no link to anything once Telegram has refused its address, and tells of it once', async () => {
  const says = "Bad Request: inline keyboard button URL 'x' is invalid: wrong HTTP URL";
  const { telegram, buttons, events, isLinked } = aStage(() => refusing(says));
  for (let times = 0; times < 3; times += 1) {
    await buttons.delivered(id);
    await telegram.clock.advance(5_000);
  }
  expect(telegram.calls).toHaveLength(1);
  expect(events.map(({ event }) => event)).toEqual(['link.refused']);
  expect(isLinked()).toBe(false);
  expect(await buttons.of(id, [])).toEqual(new Map());
});
