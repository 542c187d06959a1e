import type { Api } from 'grammy';
import { expect, test } from 'vitest';
import { Receipts } from '../../src/bot/receipts.ts';
import type { EffectStart } from '../../src/domain/effect-ledger.ts';
import type { HouseEvent } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { JobPhase, JobView } from '../../src/domain/views.ts';
import type { GenerationService } from '../../src/generation/generation-service.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { fakeClock } from '../support/fake-clock.ts';

const catalog = loadCatalog();

/** Receipts of one job whose phase the test sets, on a Telegram that only notes what it is asked. */
function someReceipts(chatType: 'private' | 'group' = 'private') {
  const clock = fakeClock();
  const startMs = clock.now();
  const id = jobId('tg-1');
  let phase: JobPhase = { kind: 'queued', ahead: 3 };
  let receiptId: number | undefined;
  const progress = new Set<(id: JobId) => void>();
  const begun = new Map<string, EffectStart['kind']>();
  const events: HouseEvent[] = [];
  const edits: { readonly atMs: number; readonly words: string }[] = [];
  const sent: number[] = [];
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
    origin: { chatId: 7, chatType, userId: 7, messageId: 1 },
    ...(receiptId === undefined ? {} : { receiptId }),
  });
  const view = (): JobView => ({ id, kind: 'image', lane: 'free', prompt: 'a fox', phase, ageMs: 0 });
  const receipts = new Receipts({
    api: {
      sendMessage: async () => {
        sent.push(clock.now() - startMs);
        return { message_id: 99 };
      },
      editMessageText: async (_chatId: number, _messageId: number, text: string) => {
        edits.push({ atMs: clock.now() - startMs, words: text.split('\n')[0] ?? '' });
      },
    } as unknown as Api,
    service: {
      find: async () => ({ job: job(), view: view() }),
      onProgress: (listener: (id: JobId) => void) => {
        progress.add(listener);
        return { [Symbol.dispose]: () => void progress.delete(listener) };
      },
      onEnded: () => ({ [Symbol.dispose]: () => undefined }),
    } as unknown as GenerationService,
    engine: {
      keepReceipt: async (_id: JobId, messageId: number) => void (receiptId = messageId),
    } as unknown as ConstructorParameters<typeof Receipts>[0]['engine'],
    ledger: {
      begin: async (_id, effect) => {
        const kind = begun.get(effect) ?? 'go';
        begun.set(effect, 'unsure');
        return kind === 'done' ? { kind, note: '99' } : { kind };
      },
      end: async (_id, effect) => void begun.set(effect, 'done'),
      undo: async (_id, effect) => void begun.delete(effect),
    },
    messages: createMessageMapper(catalog),
    clock,
    tell: (event) => events.push(event),
  });
  return {
    clock,
    id,
    receipts,
    edits,
    sent,
    events,
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
