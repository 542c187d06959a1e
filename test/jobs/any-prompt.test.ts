import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Job } from '../../src/domain/job.ts';
import { checkPrompt } from '../../src/jobs/request/generation-request.ts';
import { Secret } from '../../src/kit/secret.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { captionLimit, textLimit } from '../../src/messages/view.ts';
import { createBytezProvider } from '../../src/providers/bytez/bytez-provider.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { aResult, aView } from '../messages/builders.ts';
import { parseTelegramHtml } from '../messages/telegram-html.ts';
import { runs } from '../support/property-runs.ts';
import { anyCharacter } from '../support/any-character.ts';

const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code));
const control = fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code));
const odd = fc.constantFrom(
  '<b>',
  '</blockquote>',
  '&amp;',
  '&#0;',
  '"',
  '{name}',
  "'{",
  '\u202e',
  '\u2066',
  '\u200d',
  '\u0301',
  '\ufdfa',
  '👩‍👩‍👧',
  '🇪🇸',
);
/** Any text, the worst of it more often than it would come by chance. */
const anyText = fc
  .array(fc.oneof(fc.string({ unit: anyCharacter, maxLength: 20 }), half, control, odd), { maxLength: 24 })
  .chain((parts) => fc.constantFrom(1, 1, 1, 30).map((times) => parts.join('').repeat(times)));

const messages = createMessageMapper(loadCatalog());
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const turning = /[\u202a-\u202e\u2066-\u2069]/;

/** The provider's adapter over a wire that only tells what went out. */
function aWire() {
  const bodies: string[] = [];
  const http: HttpClient = {
    call: async ({ body }) => {
      bodies.push(String(body));
      return { kind: 'timed-out' };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { bodies, provider: createBytezProvider({ baseUrl: 'http://127.0.0.1:1', http, now: Date.now }) };
}

/** What `expect` says, for a place that is passed ten thousand times. */
function must(holds: boolean, facts: object): void {
  if (!holds) throw new Error(`It does not hold for ${JSON.stringify(facts)}`);
}

test('any text is kept, sent and shown well-formed, whatever it is made of (A1, A7, A9, A10)', async () => {
  await using storage = await openStorage({
    path: ':memory:',
    running: { premium: 1, free: 1 },
    onUnreadableKey: (error) => expect(error).toBeUndefined(),
  });
  const { bodies, provider } = aWire();
  const never = new AbortController().signal;
  let updateId = 0;
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      updateId += 1;
      const checked = checkPrompt(text);
      if (!checked.ok) return;
      kept += 1;
      const { prompt } = checked;
      must(prompt.isWellFormed() && !controls.test(prompt) && prompt.length <= 4_096, { prompt });
      const origin = { chatId: updateId, chatType: 'private', userId: updateId, messageId: 1 } as const;
      const asked = { kind: 'image', prompt, lane: 'free', locale: 'en', line: 'bytez', origin, updateId } as const;
      const accepted = await storage.engine.queue.accept(asked, { waiting: 1, perDay: -1 });
      const job: Job | undefined =
        accepted.kind === 'accepted' ? await storage.engine.reader.find(accepted.job.id) : undefined;
      must(job?.prompt === prompt, { prompt, kept: job?.prompt });

      bodies.length = 0;
      await provider.generate(
        { kind: 'image', model: 'a/b', prompt: job?.prompt ?? '', inputs: [] },
        new Secret('key-0123456789'),
        never,
      );
      must(bodies.length === 1 && bodies[0] === JSON.stringify({ text: prompt }), { prompt, bodies });

      const view = aView({ prompt });
      const ended = { ...view, phase: { kind: 'ended', outcome: aResult } } as const;
      const screens = [
        [messages.statusMessage(view, 'en'), textLimit],
        [messages.status([view, ended], 'ru'), textLimit],
        [messages.caption(ended, 'es', { model: prompt.slice(0, 80), seconds: 3 }), captionLimit],
      ] as const;
      for (const [{ text: html }, limit] of screens) {
        const shown = parseTelegramHtml(html);
        const isClean = shown.isWellFormed() && !controls.test(shown) && !turning.test(shown);
        must(shown.length <= limit && isClean, { prompt, shown });
      }
    }),
    { numRuns: runs(10_000) },
  );
  expect(kept).toBeGreaterThan(runs(5_000));
});
