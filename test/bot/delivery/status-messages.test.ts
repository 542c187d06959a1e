import { expect, test } from 'vitest';
import { StatusMessages } from '../../../src/bot/delivery/status-messages.ts';
import type { EffectStart } from '../../../src/domain/effect-ledger.ts';
import { type JobId, jobId } from '../../../src/domain/ids.ts';
import type { JobPhase, JobView } from '../../../src/domain/views.ts';
import type { GenerationService } from '../../../src/jobs/generation-service.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { fakeTelegram, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';
import { aJob } from '../../support/builders.ts';

const catalog = loadCatalog();

/** StatusMessages of one job whose phase the test sets, on a Telegram that does what it is told to. */
function someStatusMessages(
  chatType: 'private' | 'group' = 'private',
  answer: (call: TelegramCall) => TelegramDeed | undefined = () => undefined,
) {
  const { clock, api, outbox, calls, events, emit } = fakeTelegram(answer);
  const startMs = clock.now();
  const id = jobId('tg-1');
  let phase: JobPhase = { kind: 'queued', ahead: 3 };
  let statusMessageId: number | undefined;
  const progress = new Set<(id: JobId) => void>();
  const begun = new Map<string, EffectStart['kind']>();
  const job = () =>
    aJob({
      id,
      acceptedAtMs: startMs,
      origin: { chatId: chatType === 'private' ? 7 : -7, chatType, userId: 7, messageId: 1 },
      ...(statusMessageId === undefined ? {} : { statusMessageId }),
    });
  const view = (): JobView => ({
    id,
    userId: 7,
    kind: 'image',
    lane: 'free',
    prompt: 'a fox',
    phase,
    ageMs: clock.now() - startMs,
  });
  const statusMessages = new StatusMessages({
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
      keepStatusMessage: async (_id: JobId, messageId: number) => {
        statusMessageId = messageId;
        return true;
      },
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
    emit,
  });
  return {
    clock,
    id,
    statusMessages,
    outbox,
    events,
    get edits() {
      return calls
        .filter(({ method }) => method === 'editMessageText')
        .map(({ atMs, payload }) => ({ atMs, words: String(payload['text']).split('\n')[0] ?? '' }));
    },
    get lastText() {
      return String(calls.findLast(({ method }) => method === 'editMessageText')?.payload['text']);
    },
    get sent() {
      return calls.filter(({ method }) => method === 'sendMessage').map(({ atMs }) => atMs);
    },
    send: () => statusMessages.send(job(), view()),
    refreshPressed: () => statusMessages.refreshPressed(job(), statusMessageId ?? 0),
    nextCandidate: (next: JobPhase) => {
      phase = next;
      for (const listener of progress) listener(id);
    },
    setReceipt: (messageId: number) => void (statusMessageId = messageId),
  };
}

/** At a provider, with so many before it: each is shown differently. */
const waiting = (ahead: number): JobPhase => ({ kind: 'making', attempt: 1, of: 3, queue: { ahead } });
const making = (attempt: number): JobPhase => ({ kind: 'making', attempt, of: 3 });

test.each([
  ['private', 1_100],
  ['group', 3_100],
] as const)(
  'StatusMessages shows only the latest state in a %s chat, at least %i ms apart',
  async (chatType, gapMs) => {
    const app = someStatusMessages(chatType);
    await app.send();
    for (let step = 0; step < 300; step += 1) {
      app.nextCandidate(waiting(300 - step));
      await app.clock.advance(100);
    }
    // With the outcome, one message is edited seven times at most.
    expect(app.edits).toHaveLength(6);
    const times = [0, ...app.edits.map(({ atMs }) => atMs)];
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gapMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(gapMs + 100);
    await app.clock.advance(60_000);
    expect(app.edits).toHaveLength(7);
    expect(app.lastText).toContain('1 request ahead');
  },
);

test('StatusMessages shows a place in line anew more and more rarely, and at once where its person asks', async () => {
  const app = someStatusMessages();
  await app.send();
  const at: number[] = [];
  for (let second = 0; second < 50; second += 1) {
    app.nextCandidate({ kind: 'queued', ahead: 60 - second });
    await app.clock.advance(1_000);
    if (app.edits.length > at.length) at.push(second);
  }
  expect(at.length).toBeLessThanOrEqual(3);
  app.nextCandidate({ kind: 'queued', ahead: 1 });
  expect(await app.refreshPressed()).toBe(true);
  await app.clock.advance(2_000);
  expect(app.lastText).toContain('1 request ahead');
});

test('StatusMessages.send() sends once, whatever how often it is asked', async () => {
  const app = someStatusMessages();
  await Promise.all([app.send(), app.send(), app.send()]);
  await app.send();
  expect(app.sent).toEqual([0]);
});

test('StatusMessages edits nothing when nothing is new', async () => {
  const app = someStatusMessages();
  await app.send();
  for (let times = 0; times < 5; times += 1) {
    app.statusMessages.refresh(app.id);
    await app.clock.advance(2_000);
  }
  expect(app.edits).toEqual([]);
});

test('StatusMessages.close() allows no further edit, not even a scheduled one', async () => {
  const app = someStatusMessages();
  await app.send();
  app.nextCandidate(making(1));
  await app.statusMessages.close(app.id);
  await app.clock.advance(60_000);
  expect(app.edits).toEqual([]);
});

test('StatusMessages edits nothing for a job that has ended', async () => {
  const app = someStatusMessages();
  await app.send();
  app.nextCandidate({ kind: 'ended', outcome: { kind: 'cancelled' } });
  await app.clock.advance(60_000);
  expect(app.edits).toEqual([]);
});

test('StatusMessages edits the status message that an earlier process sent', async () => {
  const app = someStatusMessages();
  app.setReceipt(42);
  app.nextCandidate(making(2));
  await app.clock.advance(0);
  expect(app.edits.map(({ words }) => words)).toEqual(['🎨 <b>Second try:</b> making your picture again…']);
});

test('StatusMessages edits nothing after it was disposed', async () => {
  const app = someStatusMessages();
  await app.send();
  await app.statusMessages[Symbol.asyncDispose]();
  app.nextCandidate(making(1));
  await app.clock.advance(60_000);
  expect(app.edits).toEqual([]);
});

test('StatusMessages repeats an edit that Telegram did not accept, with the state of that moment', async () => {
  let failures = 0;
  const app = someStatusMessages('private', ({ method }) =>
    method === 'editMessageText' && (failures += 1) <= 2 ? refusing('Bad Gateway', 502) : undefined,
  );
  await app.send();
  app.nextCandidate(making(1));
  await app.clock.advance(1_500);
  app.nextCandidate(making(2));
  await app.clock.advance(10_000);
  expect(app.edits.map(({ words }) => words)).toEqual([
    '🎨 <b>Making your picture…</b>',
    '🎨 <b>Second try:</b> making your picture again…',
    '🎨 <b>Second try:</b> making your picture again…',
  ]);
});

test.each([
  ['deleted the message', refusing('Bad Request: message to edit not found')],
  ['blocked the bot', refusing('Forbidden: bot was blocked by the user', 403)],
])('StatusMessages edits nothing more for a person who %s', async (_what, deed) => {
  const app = someStatusMessages('private', ({ method }) => (method === 'editMessageText' ? deed : undefined));
  await app.send();
  for (let step = 1; step < 5; step += 1) {
    app.nextCandidate(making(step));
    await app.clock.advance(10_000);
  }
  expect(app.edits).toHaveLength(1);
});

test('StatusMessages speaks of the delivery only when it takes its time', async () => {
  const app = someStatusMessages();
  await app.send();
  app.nextCandidate(making(1));
  await app.clock.advance(5_000);
  app.nextCandidate({ kind: 'delivering' });
  await app.clock.advance(1_900);
  expect(app.edits).toHaveLength(1);
  await app.clock.advance(200);
  expect(app.edits).toHaveLength(2);
});

test('StatusMessages takes no slot for a status message without a change', async () => {
  const app = someStatusMessages();
  await app.send();
  expect(app.clock.pending).toBe(0);
  await app.clock.advance(60_000);
  expect([app.sent.length, app.edits]).toEqual([1, []]);
});

test('StatusMessages shows what happened while the status message was being sent', async () => {
  const app = someStatusMessages('private', ({ method }) => {
    if (method === 'sendMessage') app.nextCandidate(making(2));
    return undefined;
  });
  await app.send();
  await app.clock.advance(60_000);
  expect(app.edits.map(({ words }) => words)).toEqual(['🎨 <b>Second try:</b> making your picture again…']);
});
