import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TryLater } from '../../../src/bot/delivery/media-message.ts';
import { showOutcome } from '../../../src/bot/delivery/show-outcome.ts';
import type { MediaFile } from '../../../src/domain/media.ts';
import type { JobId } from '../../../src/domain/ids.ts';
import { filesOf, type Outcome, type ResultPayload } from '../../../src/domain/job.ts';
import type { GenerationService } from '../../../src/jobs/generation-service.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { anEngine } from '../../storage/sqlite/an-engine.ts';
import { accepted, claimed } from '../../conformance/requests.ts';
import { passTime } from '../../support/pass-time.ts';
import { fakeTelegram, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';

const statusMessageId = 77;
const messages = createMessageMapper(loadCatalog());

/** An ended job with a status message, and a Telegram that does what `answer` says. */
async function aStage(
  payloadIn: (folder: string) => ResultPayload,
  answer?: (call: TelegramCall) => TelegramDeed | undefined,
) {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-shown-'));
  const telegram = fakeTelegram(answer);
  const database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1, userId: 7 });
  const outcome = { kind: 'result', payload: payloadIn(folder), model: 'fox' } as const satisfies Outcome;
  await engine.queue.settle((await claimed(engine)).lease, outcome);
  await engine.delivery.keepStatusMessage(id, statusMessageId);
  const view = {
    id,
    kind: 'image',
    lane: 'free',
    prompt: 'a fox',
    phase: { kind: 'ended', outcome },
    ageMs: 0,
  } as const;
  const tools = {
    outbox: telegram.outbox,
    service: {
      models: { labelOf: () => undefined },
      view: async () => view,
    } as unknown as GenerationService,
    delivery: engine.delivery,
    ledger: createEffectLedger(database),
    results: {
      open: async (_id: JobId, part = 0) => {
        const file = filesOf(outcome.payload)[part];
        if (file === undefined || !existsSync(file.path)) return undefined;
        return { bytes: file.bytes, stream: () => createReadStream(file.path) };
      },
    },
    messages,
    clock: telegram.clock,
    emit: telegram.emit,
  };
  const show = async ({ isOvertaken = false, isMessageBegun = false } = {}) => {
    const claim = await engine.delivery.claim(id);
    if (claim === undefined) throw new Error('Cannot show the outcome: it was delivered');
    if (isOvertaken) await engine.delivery.claim(id);
    if (isMessageBegun) await tools.ledger.begin(claim.lease, 'message', 'once');
    const next = isMessageBegun ? await engine.delivery.claim(id) : claim;
    return await passTime(telegram.clock, showOutcome(next ?? claim, outcome, tools));
  };
  const calls = () =>
    telegram.calls.map(({ method, payload }) => [
      method,
      payload['text'] ?? payload['caption'] ?? (payload['media'] as { type?: string } | undefined)?.type ?? '',
    ]);
  const close = () => {
    database[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { show, calls, raw: telegram.calls, [Symbol.dispose]: close };
}

function onePicture(folder: string): MediaFile {
  const path = join(folder, 'job-tg-1.png');
  writeFileSync(path, 'png');
  return { path, kind: 'image', mime: 'image/png', bytes: 3, width: 4, height: 4 };
}

function pictures(count: number) {
  return (folder: string): ResultPayload => {
    const [first, second, ...others] = Array.from({ length: count }, (_, part): MediaFile => {
      const path = join(folder, `job-tg-1.${part}.png`);
      writeFileSync(path, 'png');
      return { path, kind: 'image', mime: 'image/png', bytes: 3, width: 4, height: 4 };
    });
    if (first === undefined || second === undefined) throw new Error('Cannot make several pictures of fewer than two');
    return { kind: 'files', files: [first, second, ...others] };
  };
}

test('showOutcome() edits the first of several files into the status message and sends the others after it', async () => {
  using stage = await aStage(pictures(3));
  expect(await stage.show()).toMatchObject({ as: 'edit', messageId: statusMessageId });
  expect(stage.calls()).toEqual([
    ['editMessageMedia', 'photo'],
    ['sendPhoto', ''],
    ['sendPhoto', ''],
  ]);
});

test('showOutcome() leaves a picture that a dead process has shown where it is, though its file is not on this machine', async () => {
  const gone = (folder: string): ResultPayload => {
    const file = onePicture(folder);
    rmSync(file.path);
    return { kind: 'file', file };
  };
  using stage = await aStage(gone, () => refusing('Bad Request: there is no text in the message to edit'));
  expect(await stage.show()).toMatchObject({ as: 'edit', messageId: statusMessageId, outcome: { kind: 'result' } });
  expect(stage.calls().map(([method]) => method)).toEqual(['editMessageText']);
});

test('showOutcome() tells in a message of its own that a file is gone, where the status message is gone too', async () => {
  const gone = (folder: string): ResultPayload => ({
    kind: 'file',
    file: { ...onePicture(folder), path: join(folder, 'none') },
  });
  const says = ({ method }: TelegramCall) =>
    method === 'editMessageText' ? refusing('Bad Request: message to edit not found') : undefined;
  using stage = await aStage(gone, says);
  expect(await stage.show()).toMatchObject({ as: 'message', outcome: { code: 'result-unavailable' } });
});

test('showOutcome() edits nothing beside a message that a dead process may have sent', async () => {
  using stage = await aStage((folder) => ({ kind: 'file', file: onePicture(folder) }));
  expect(await stage.show({ isMessageBegun: true })).toMatchObject({ as: 'message' });
  expect(stage.calls().map(([method]) => method)).toEqual(['getMe', 'sendPhoto', 'deleteMessage']);
});

test('showOutcome() sends no further file twice when it is repeated', async () => {
  using stage = await aStage(pictures(3));
  await stage.show();
  await stage.show();
  expect(stage.calls().map(([method]) => method)).toEqual([
    'editMessageMedia',
    'sendPhoto',
    'sendPhoto',
    'editMessageMedia',
  ]);
});

test('showOutcome() goes on with the further files where it was held up', async () => {
  let isOffline = true;
  using stage = await aStage(pictures(3), ({ method }) =>
    method === 'sendPhoto' && isOffline ? 'offline' : undefined,
  );
  await expect(stage.show()).rejects.toThrow(TryLater);
  isOffline = false;
  expect(await stage.show()).toMatchObject({ as: 'edit' });
  expect(stage.calls().slice(-3)).toEqual([
    ['editMessageMedia', 'photo'],
    ['sendPhoto', ''],
    ['sendPhoto', ''],
  ]);
});

test('showOutcome() gives a further file as a document where it is not taken as a photo', async () => {
  using stage = await aStage(pictures(2), ({ method }) =>
    method === 'sendPhoto' ? refusing('Bad Request: PHOTO_INVALID_DIMENSIONS') : undefined,
  );
  expect(await stage.show()).toMatchObject({ as: 'edit' });
  expect(stage.calls().map(([method]) => method)).toEqual(['editMessageMedia', 'sendPhoto', 'sendDocument']);
});

test('showOutcome() shows a text in the status message, as text and not as markup', async () => {
  using stage = await aStage(() => ({ kind: 'text', text: 'if a < b && c > d: <b>"fox"</b>' }));
  expect(await stage.show()).toMatchObject({ as: 'edit', messageId: statusMessageId });
  expect(stage.calls()).toHaveLength(1);
  const [[method, text] = []] = stage.calls();
  expect(method).toBe('editMessageText');
  expect(text).toMatch(/^if a &lt; b &amp;&amp; c &gt; d: &lt;b&gt;&quot;fox&quot;&lt;\/b&gt;\n\n/);
  expect(stage.raw[0]?.payload['parse_mode']).toBe('HTML');
});

test('showOutcome() shows a long text whole, in several messages that Telegram takes', async () => {
  const words = Array.from({ length: 2_000 }, (_, index) => `<${index}>`);
  using stage = await aStage(() => ({ kind: 'text', text: words.join(' ') }));
  await stage.show();
  const shown = stage.raw.map(({ payload }) => String(payload['text']).replaceAll('&lt;', '<').replaceAll('&gt;', '>'));
  expect(stage.raw.map(({ method }) => method)).toEqual([
    'editMessageText',
    ...shown.slice(1).map(() => 'sendMessage'),
  ]);
  expect(shown.every((text) => text.length <= 4_096)).toBe(true);
  expect(shown.flatMap((text) => text.match(/<\d+>/g) ?? [])).toEqual(words);
});

test('showOutcome() shows nothing once another process holds the job', async () => {
  using stage = await aStage(pictures(2));
  await expect(stage.show({ isOvertaken: true })).rejects.toThrow(TryLater);
  expect(stage.calls()).toEqual([]);
});

test('showOutcome() does not upload a file that no bot may send', async () => {
  using stage = await aStage((folder) => {
    const path = join(folder, 'job-tg-1.mp4');
    writeFileSync(path, 'mp4');
    const file = { path, kind: 'video', mime: 'video/mp4', bytes: 50 * 1024 * 1024 + 1 } as const;
    return { kind: 'file', file };
  });
  expect(await stage.show()).toMatchObject({ as: 'edit', outcome: { kind: 'failed', code: 'too-large' } });
  expect(stage.calls().map(([method]) => method)).not.toContain('editMessageMedia');
});
