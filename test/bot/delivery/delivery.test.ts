import { expect, test } from 'vitest';
import { Delivery } from '../../../src/bot/delivery/delivery.ts';
import type { StatusMessages } from '../../../src/bot/delivery/status-messages.ts';
import type { JobId } from '../../../src/domain/ids.ts';
import type { Effect, EffectLedger, EffectStart } from '../../../src/domain/effect-ledger.ts';
import type { Outcome } from '../../../src/domain/job.ts';
import type { GenerationService } from '../../../src/jobs/generation-service.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { anEngine } from '../../storage/sqlite/an-engine.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fakeTelegram, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';

const answer = { kind: 'result', payload: { kind: 'text', text: 'a fox' }, model: 'fox' } as const satisfies Outcome;

/** A job that has ended, with a status message (none for 0), and a ledger that says of some effects what the test says. */
async function aStage(
  says: Partial<Record<Effect, EffectStart>> = {},
  outcome: Outcome = answer,
  statusMessageId = 77,
  /** How long after the request the process has begun that delivers. */
  begunAfterMs = 0,
  hasOthers = false,
  telegramSays: (call: TelegramCall) => TelegramDeed | undefined = () => undefined,
  /** Another process takes the delivery over while this one shows the outcome. */
  isTakenOver = false,
) {
  const clock = fakeClock(startMs + begunAfterMs);
  const telegram = fakeTelegram(telegramSays, clock);
  const database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1, userId: 7 });
  await engine.queue.settle((await claimed(engine)).lease, outcome);
  if (statusMessageId > 0) await engine.delivery.keepStatusMessage(id, statusMessageId);
  const real = createEffectLedger(database);
  const ledger: EffectLedger = {
    ...real,
    begin: async (by, effect, repeat) => says[effect] ?? real.begin(by, effect, repeat),
    end: async (by, effect, note) => {
      const claim = isTakenOver ? await engine.delivery.claim(id) : undefined;
      if (claim !== undefined) await real.begin(claim.lease, effect, 'idempotent');
      return real.end(by, effect, note);
    },
  };
  const view = {
    id,
    kind: 'image',
    lane: 'free',
    prompt: 'a fox',
    phase: { kind: 'ended', outcome },
    ageMs: 0,
  };
  let ended: (id: JobId) => void = () => undefined;
  const delivery = new Delivery({
    outbox: telegram.outbox,
    service: {
      models: { labelOf: () => undefined },
      onEnded: (listener: (id: JobId) => void) => {
        ended = listener;
        return { [Symbol.dispose]: () => undefined };
      },
      view: async () => view,
      find: async () => ({ job: await engine.reader.find(id), view }),
    } as unknown as GenerationService,
    jobs: engine.reader,
    hasOthers,
    delivery: engine.delivery,
    ledger,
    results: { open: async () => undefined },
    statusMessages: { close: async () => undefined, messageIdOf: () => undefined } as unknown as StatusMessages,
    messages: createMessageMapper(loadCatalog()),
    clock,
    emit: telegram.emit,
  });
  return {
    /** Lets so much time pass since the request, delivers, and returns the methods that were called. */
    deliver: async (afterMs = 0) => {
      await clock.advance(afterMs);
      if (hasOthers) ended(id);
      else await delivery.resume();
      await clock.advance(10_000);
      return telegram.calls.map(({ method }) => method);
    },
    keepStatusMessage: (messageId: number) => engine.delivery.keepStatusMessage(id, messageId),
    pending: () => engine.delivery.pending(),
    events: () => telegram.events.map(({ event }) => event),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

test('Delivery shows a result once and ends it', async () => {
  using stage = await aStage();
  expect(await stage.deliver()).toEqual(['editMessageText']);
  expect(await stage.pending()).toEqual([]);
});

test.each([false, true])(
  'Delivery reports what it has shown, unless another process shows it again: %s',
  async (isTaken) => {
    using stage = await aStage({}, { kind: 'failed', code: 'busy' }, 77, 0, true, undefined, isTaken);
    expect(await stage.deliver()).toEqual(['editMessageText']);
    expect(stage.events()).toEqual(isTaken ? [] : ['job.notified']);
  },
);

test('Delivery sends no third message where two were begun and neither is known to have arrived', async () => {
  const unsure = { kind: 'unsure' } as const;
  using stage = await aStage({ message: unsure, 'message-again': unsure }, answer, 0);
  expect(await stage.deliver()).toEqual(['getMe']);
  expect(await stage.pending()).toEqual([]);
});

test('Delivery says "ready" after a long wait, which an edit does not', async () => {
  using stage = await aStage();
  expect(await stage.deliver(30_001)).toEqual(['editMessageText', 'sendMessage']);
});

test.each<[Outcome, readonly string[]]>([
  [{ kind: 'failed', code: 'busy' }, ['editMessageText', 'sendMessage']],
  [{ kind: 'cancelled' }, ['editMessageText']],
])('Delivery calls a person back after a long wait for %o by %j', async (outcome, methods) => {
  using stage = await aStage({}, outcome);
  expect(await stage.deliver(30_001)).toEqual(methods);
});

test('Delivery shows nothing of a job that another process holds', async () => {
  using stage = await aStage({ result: { kind: 'fenced' } });
  expect(await stage.deliver()).toEqual([]);
  expect(await stage.pending()).toHaveLength(1);
});

test('Delivery does not show again what was shown before the process died, and ends it', async () => {
  using stage = await aStage({ result: { kind: 'done', note: '77' } });
  expect(await stage.deliver(60_000)).toEqual([]);
  expect(await stage.pending()).toEqual([]);
});

test.each<EffectStart>([{ kind: 'unsure' }, { kind: 'done', note: '78' }])(
  'Delivery does not say "ready" again when that is %o',
  async (start) => {
    using stage = await aStage({ ping: start });
    expect(await stage.deliver(60_000)).toEqual(['editMessageText']);
  },
);

test('Delivery shows words once more that a process which died before may still edit, and only those', async () => {
  using early = await aStage({}, { kind: 'failed', code: 'busy' }, 77, 5_000);
  expect(await early.deliver()).toEqual(['editMessageText']);
  expect(await early.deliver(30_000)).toEqual(['editMessageText', 'editMessageText']);
  expect(await early.deliver(120_000)).toHaveLength(2);
  using late = await aStage({}, { kind: 'failed', code: 'busy' }, 77, 5_000);
  await late.deliver(36_000);
  expect(await late.deliver(120_000)).toEqual(['editMessageText', 'sendMessage']);
  using ofThisProcess = await aStage({}, { kind: 'failed', code: 'busy' });
  await ofThisProcess.deliver();
  expect(await ofThisProcess.deliver(120_000)).toEqual(['editMessageText']);
});

test('Delivery shows words once more that another process may still edit', async () => {
  using stage = await aStage({}, { kind: 'failed', code: 'busy' }, 77, 0, true);
  await stage.deliver();
  expect(await stage.deliver(120_000)).toEqual(['editMessageText', 'editMessageText']);
});

test('Delivery shows words once more as soon as Telegram takes edits again, however long it does not', async () => {
  let [edits, isDown] = [0, false];
  const says = ({ method }: TelegramCall) => {
    if (method !== 'editMessageText') return undefined;
    if (isDown) return refusing('Bad Gateway', 502);
    edits += 1;
    return undefined;
  };
  using stage = await aStage({}, { kind: 'failed', code: 'busy' }, 77, 0, true, says);
  await stage.deliver();
  isDown = true;
  await stage.deliver(120_000);
  expect(edits).toBe(1);
  isDown = false;
  await stage.deliver(60_000);
  expect(edits).toBe(2);
});

test('Delivery closes a status message of another process whose number comes after the outcome', async () => {
  using stage = await aStage({}, answer, 0, 0, true);
  expect(await stage.deliver()).toEqual(['sendMessage']);
  await stage.keepStatusMessage(78);
  expect(await stage.deliver(60_000)).toEqual(['sendMessage', 'deleteMessage']);
});
