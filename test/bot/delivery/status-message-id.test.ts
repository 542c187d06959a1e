import { expect, test } from 'vitest';
import {
  closeLateStatusMessage,
  keepStatusMessageId,
  statusMessageKnown,
} from '../../../src/bot/delivery/status-message-id.ts';
import { jobId } from '../../../src/domain/ids.ts';
import type { HeldReason } from '../../../src/domain/job.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { aJob } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fakeTelegram, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';

const id = jobId('tg-1');
const ledger = { end: async () => true };
const emit = () => undefined;

test('keepStatusMessageId() offers the number again until the storage takes it', async () => {
  const clock = fakeClock();
  let refusals = 3;
  const offered: number[] = [];
  const keepStatusMessage = async (_id: unknown, messageId: number) => {
    offered.push(messageId);
    if ((refusals -= 1) >= 0) throw new StorageError('unreachable', 'The database is away');
    return true;
  };
  const { signal } = new AbortController();
  const kept = keepStatusMessageId(id, 8, { delivery: { keepStatusMessage }, ledger, clock, emit }, signal);
  await clock.advance(10_000);
  expect([await kept, offered]).toEqual(['kept', [8, 8, 8, 8]]);
});

test('keepStatusMessageId() gives up when the process ends, and where trying again is of no use', async () => {
  const clock = fakeClock();
  const refusing = async () => Promise.reject(new StorageError('unreachable', 'The database is away'));
  const failing = async () => Promise.reject(new Error('Something else'));
  const { signal } = new AbortController();
  const tools = { ledger, clock, emit };
  expect(await keepStatusMessageId(id, 8, { ...tools, delivery: { keepStatusMessage: failing } }, signal)).toBe(
    'unkept',
  );
  const ended = AbortSignal.abort();
  expect(await keepStatusMessageId(id, 8, { ...tools, delivery: { keepStatusMessage: refusing } }, ended)).toBe(
    'unkept',
  );
});

async function closeLate(
  state: 'told' | 'running',
  held?: HeldReason,
  answer: (call: TelegramCall) => TelegramDeed | undefined = () => undefined,
) {
  const telegram = fakeTelegram(answer);
  const outcome = { kind: 'failed', code: 'cancelled' } as const;
  const job = aJob({
    id,
    state: state === 'told' ? { kind: 'told', outcome } : { kind: 'running' },
    ...(held === undefined ? {} : { held }),
  } as Parameters<typeof aJob>[0]);
  const view = { id, userId: 7, kind: 'image', lane: 'free', prompt: 'a fox', ageMs: 0 } as const;
  const found = { job, view: { ...view, phase: { kind: 'ended', outcome } } };
  const messages = createMessageMapper(loadCatalog());
  const tools = { ...telegram, service: { find: async () => found as never }, messages };
  closeLateStatusMessage(id, 7, 8, tools);
  await telegram.clock.advance(60_000);
  return telegram.calls.map(({ method, payload }) => `${method} ${String(payload['message_id'])}`);
}

test('closeLateStatusMessage() deletes a status message beside an outcome that was told', async () => {
  expect(await closeLate('told')).toEqual(['deleteMessage 8']);
});

test('closeLateStatusMessage() lets it say the ending where Telegram does not delete it', async () => {
  const answer = ({ method }: TelegramCall) =>
    method === 'deleteMessage' ? refusing("Bad Request: message can't be deleted") : undefined;
  expect(await closeLate('told', undefined, answer)).toEqual(['deleteMessage 8', 'editMessageText 8']);
});

test('closeLateStatusMessage() lets it say that the outcome is held', async () => {
  expect(await closeLate('told', 'unsure')).toEqual(['editMessageText 8']);
});

test('closeLateStatusMessage() leaves the message of a job that goes on', async () => {
  expect(await closeLate('running')).toEqual([]);
});

test('statusMessageKnown() waits no longer for a request of a machine whose clock is a minute ahead', async () => {
  const clock = fakeClock();
  let looks = 0;
  const job = aJob({ acceptedAtMs: clock.now() + 60_000 });
  const find = async () => {
    looks += 1;
    return job;
  };
  let isOver = false;
  void statusMessageKnown(id, { find }, clock, new AbortController().signal).then(() => (isOver = true));
  await clock.advance(3_500);
  expect([isOver, looks]).toEqual([true, 14]);
});
