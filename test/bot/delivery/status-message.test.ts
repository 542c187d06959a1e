import { expect, test } from 'vitest';
import { Receipts } from '../../../src/bot/delivery/status-message.ts';
import type { EffectStart } from '../../../src/domain/effect-ledger.ts';
import { type JobId, jobId } from '../../../src/domain/ids.ts';
import type { Job } from '../../../src/domain/job.ts';
import type { JobPhase, JobView } from '../../../src/domain/views.ts';
import type { GenerationService } from '../../../src/jobs/generation-service.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { fakeTelegram, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';

const catalog = loadCatalog();

/** Receipts of one job whose phase the test sets, on a Telegram that does what it is told to. */
function someReceipts(
  chatType: 'private' | 'group' = 'private',
  answer: (call: TelegramCall) => TelegramDeed | undefined = () => undefined,
) {
  const { clock, api, outbox, calls, events, tell } = fakeTelegram(answer);
  const startMs = clock.now();
  const id = jobId('tg-1');
  let phase: JobPhase = { kind: 'queued', ahead: 3 };
  let receiptId: number | undefined;
  const progress = new Set<(id: JobId) => void>();
  const begun = new Map<string, EffectStart['kind']>();
  const job = (): Job => ({
    id,
    kind: 'image',
    prompt: 'a fox',
    lane: 'free',
    locale: 'en',
    updateId: 1,
    line: 'bytez',
    state: { kind: 'running' },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: startMs,
    origin: { chatId: chatType === 'private' ? 7 : -7, chatType, userId: 7, messageId: 1 },
    ...(receiptId === undefined ? {} : { receiptId }),
  });
  const view = (): JobView => ({ id, kind: 'image', lane: 'free', prompt: 'a fox', phase, ageMs: 0 });
  const receipts = new Receipts({
    api,
    outbox,
    service: {
      find: async () => ({ job: job(), view: view() }),
      onProgress: (listener: (id: JobId) => void) => {
        progress.add(listener);
        return { [Symbol.dispose]: () => void progress.delete(listener) };
      },
      onEnded: () => ({ [Symbol.dispose]: () => undefined }),
    } as unknown as GenerationService,
    delivery: {
      keepReceipt: async (_id: JobId, messageId: number) => void (receiptId = messageId),
    },
    ledger: {
      begin: async (_by, effect) => {
        const kind = begun.get(effect) ?? 'go';
        begun.set(effect, 'unsure');
        return kind === 'done' ? { kind, note: '99' } : { kind };
      },
      end: async (_by, effect) => begun.set(effect, 'done').has(effect),
      undo: async (_by, effect) => begun.delete(effect),
    },
    messages: createMessageMapper(catalog),
    clock,
    tell,
  });
  return {
    clock,
    id,
    receipts,
    outbox,
    events,
    get edits() {
      return calls
        .filter(({ method }) => method === 'editMessageText')
        .map(({ atMs, payload }) => ({ atMs, words: String(payload['text']).split('\n')[0] ?? '' }));
    },
    get sent() {
      return calls.filter(({ method }) => method === 'sendMessage').map(({ atMs }) => atMs);
    },
    send: () => receipts.send(job(), view()),
    goOn: (next: JobPhase) => {
      phase = next;
      for (const listener of progress) listener(id);
    },
    setReceipt: (messageId: number) => void (receiptId = messageId),
  };
}

const making = (attempt: number): JobPhase => ({ kind: 'making', attempt, of: 3 });

test.each([
  ['private', 1_100],
  ['group', 3_100],
] as const)(
  'Receipts shows only the latest news in a %s chat, and no sooner than %i ms apart',
  async (chatType, gapMs) => {
    const house = someReceipts(chatType);
    await house.send();
    for (let step = 0; step < 100; step += 1) {
      house.goOn(making(step + 1));
      await house.clock.advance(100);
    }
    const times = [0, ...house.edits.map(({ atMs }) => atMs)];
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gapMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(gapMs + 100);
    await house.clock.advance(10_000);
    expect(house.edits.at(-1)?.words).toContain('Try 100');
  },
);

test('Receipts.send() sends once, whatever how often it is asked', async () => {
  const house = someReceipts();
  await Promise.all([house.send(), house.send(), house.send()]);
  await house.send();
  expect(house.sent).toEqual([0]);
});

test('Receipts edits nothing when nothing is new', async () => {
  const house = someReceipts();
  await house.send();
  for (let times = 0; times < 5; times += 1) {
    house.receipts.refresh(house.id);
    await house.clock.advance(2_000);
  }
  expect(house.edits).toEqual([]);
});

test('Receipts.close() lets no news follow, not even what was about to be shown', async () => {
  const house = someReceipts();
  await house.send();
  house.goOn(making(1));
  await house.receipts.close(house.id);
  await house.clock.advance(60_000);
  expect(house.edits).toEqual([]);
});

test('Receipts shows no news of a job that has ended', async () => {
  const house = someReceipts();
  await house.send();
  house.goOn({ kind: 'ended', outcome: { kind: 'cancelled' } });
  await house.clock.advance(60_000);
  expect(house.edits).toEqual([]);
});

test('Receipts shows news of a job whose receipt an earlier run sent', async () => {
  const house = someReceipts();
  house.setReceipt(42);
  house.goOn(making(2));
  await house.clock.advance(0);
  expect(house.edits.map(({ words }) => words)).toEqual(['🎨 <b>Second try:</b> making your picture again…']);
});

test('Receipts edits nothing after it was disposed', async () => {
  const house = someReceipts();
  await house.send();
  await house.receipts[Symbol.asyncDispose]();
  house.goOn(making(1));
  await house.clock.advance(60_000);
  expect(house.edits).toEqual([]);
});

test('Receipts tries news that Telegram did not take again, as they are by then', async () => {
  let failures = 0;
  const house = someReceipts('private', ({ method }) =>
    method === 'editMessageText' && (failures += 1) <= 2 ? refusing('Bad Gateway', 502) : undefined,
  );
  await house.send();
  house.goOn(making(1));
  await house.clock.advance(1_500);
  house.goOn(making(2));
  await house.clock.advance(10_000);
  expect(house.edits.map(({ words }) => words)).toEqual([
    '🎨 <b>Making your picture…</b>',
    '🎨 <b>Second try:</b> making your picture again…',
    '🎨 <b>Second try:</b> making your picture again…',
  ]);
});

test.each([
  ['deleted the message', refusing('Bad Request: message to edit not found')],
  ['blocked the bot', refusing('Forbidden: bot was blocked by the user', 403)],
])('Receipts has no more news for whoever %s', async (_what, deed) => {
  const house = someReceipts('private', ({ method }) => (method === 'editMessageText' ? deed : undefined));
  await house.send();
  for (let step = 1; step < 5; step += 1) {
    house.goOn(making(step));
    await house.clock.advance(10_000);
  }
  expect(house.edits).toHaveLength(1);
});

test('Receipts speaks of the delivery only when it takes its time', async () => {
  const house = someReceipts();
  await house.send();
  house.goOn(making(1));
  await house.clock.advance(5_000);
  house.goOn({ kind: 'delivering' });
  await house.clock.advance(1_900);
  expect(house.edits).toHaveLength(1);
  await house.clock.advance(200);
  expect(house.edits).toHaveLength(2);
});

test('Receipts takes nobody’s turn for a receipt about which there is no news', async () => {
  const house = someReceipts();
  await house.send();
  expect(house.clock.pending).toBe(0);
  await house.clock.advance(60_000);
  expect([house.sent.length, house.edits]).toEqual([1, []]);
});

test('Receipts shows what happened while the receipt was on its way', async () => {
  const house = someReceipts('private', ({ method }) => {
    if (method === 'sendMessage') house.goOn(making(2));
    return undefined;
  });
  await house.send();
  await house.clock.advance(60_000);
  expect(house.edits.map(({ words }) => words)).toEqual(['🎨 <b>Second try:</b> making your picture again…']);
});
