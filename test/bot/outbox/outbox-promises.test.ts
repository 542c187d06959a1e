import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pacing } from '../../../src/bot/outbox/rate-limiter.ts';
import type { OutgoingMessage } from '../../../src/bot/outbox/outbox.ts';
import { isTransient, classifyTelegramError } from '../../../src/bot/outbox/telegram-error.ts';
import { fakeTelegram, limited, refusing, type TelegramCall, type TelegramDeed } from '../../support/fake-telegram.ts';
import { runs } from '../../support/property-runs.ts';

const chats = [7, 8, -9];
const statuses = ['a', 'b'];

/** One thing asked of the outbox. */
const asked = fc.record({
  waitMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(200), fc.nat(3_000)),
  chatId: fc.constantFrom(...chats),
  what: fc.constantFrom('message' as const, 'result' as const, 'alert' as const, 'status' as const, 'status' as const),
  status: fc.constantFrom(...statuses),
});

const deed: fc.Arbitrary<TelegramDeed | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map(limited) },
  fc.constantFrom<TelegramDeed>(
    'cut',
    'offline',
    refusing('Bad Gateway', 502),
    refusing('Bad Request: message is not modified'),
    refusing("Bad Request: can't parse entities: unsupported start tag"),
    refusing('Bad Request: something new'),
  ),
);

type Made = TelegramCall & { readonly deed: TelegramDeed | undefined; readonly endMs: number };

/** Asks all of it of an outbox, lets Telegram do the deeds one after the other, then everything, and waits until it is quiet. */
async function live(
  asks: readonly (typeof asked extends fc.Arbitrary<infer Ask> ? Ask : never)[],
  deeds: readonly (TelegramDeed | undefined)[],
) {
  const left = [...deeds];
  const made: Made[] = [];
  const { clock, outbox } = fakeTelegram(async (call) => {
    const next = left.shift();
    await clock.sleep(made.length % 7 === 3 ? 400 : 20, new AbortController().signal);
    made.push({ ...call, deed: next, endMs: clock.monotonicMs() });
    return next;
  });
  const posted: { readonly id: string; readonly chatId: number }[] = [];
  const versions = new Map<string, number>();
  const ran = async (call: Promise<unknown>, mayRepeat: boolean): Promise<'done' | 'again'> => {
    try {
      await call;
      return 'done';
    } catch (error) {
      const failure = classifyTelegramError(error);
      return isTransient(failure) && (mayRepeat || failure !== 'unsure') ? 'again' : 'done';
    }
  };
  const showStatus = (chatId: number, status: string) => {
    const name = `${chatId}${status}`;
    versions.set(name, (versions.get(name) ?? 0) + 1);
    const messageId = status === 'a' ? 1 : 2;
    const run = () => ran(outbox.api.editMessageText(chatId, messageId, `${name} ${versions.get(name)}`), true);
    outbox.post({ chatId, kind: 'edit', priority: 'status', name, run });
  };
  for (const [index, { waitMs, chatId, what, status }] of asks.entries()) {
    await clock.advance(waitMs);
    const id = `mail ${index}`;
    if (what === 'status') showStatus(chatId, status);
    else {
      posted.push({ id, chatId });
      const text = { parse_mode: 'HTML' } as const;
      const outgoing: Omit<OutgoingMessage, 'chatId'> =
        what === 'result'
          ? {
              kind: 'edit',
              messageId: 1,
              priority: 'answer',
              run: () => ran(outbox.api.editMessageText(chatId, 1, id, text), true),
            }
          : {
              kind: 'send',
              priority: what === 'alert' ? 'proactive' : 'answer',
              run: () => ran(outbox.api.sendMessage(chatId, id, text), false),
            };
      outbox.post({ chatId, ...outgoing });
    }
  }
  await clock.advance(3_600_000);
  left.length = 0;
  for (const chatId of chats) for (const status of statuses) showStatus(chatId, status);
  await clock.advance(60_000);
  await outbox.drain();
  return { made, posted, versions };
}

const textOf = ({ payload }: Made) => String(payload['text']);
const isMail = (call: Made) => textOf(call).startsWith('mail');
const isEdit = ({ method }: Made) => method === 'editMessageText';

/** The most that happens within any stretch of so long. */
function mostWithin(timesMs: readonly number[], stretchMs: number): number {
  return Math.max(
    0,
    ...timesMs.map((fromMs) => timesMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + stretchMs).length),
  );
}

test('Outbox keeps order and pace, shows the last status, and repeats nothing that may be seen twice, whatever Telegram answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { maxLength: 120 }), fc.array(deed, { maxLength: 60 }), async (asks, deeds) => {
      const { made, posted, versions } = await live(asks, deeds);
      for (const chatId of chats) {
        const here = made.filter((call) => call.chatId === chatId);
        const spacingMs = pacing.editSpacingMs[chatId < 0 ? 'group' : 'private'];
        // One at a time, and each for the first time in the order in which it was posted.
        for (const [index, call] of here.entries())
          expect(call.atMs).toBeGreaterThanOrEqual(here[index - 1]?.endMs ?? 0);
        const firsts = [...new Set(here.filter(isMail).map(textOf))];
        expect(firsts).toEqual(posted.filter((mail) => mail.chatId === chatId).map(({ id }) => id));
        // Left alone for as long as Telegram asked.
        for (const { deed: done, endMs } of here) {
          if (typeof done !== 'object' || !('retryAfterS' in done)) continue;
          const restMs = Math.max(1, Number(done.retryAfterS)) * 1_000;
          expect(here.filter(({ atMs }) => atMs >= endMs && atMs < endMs + restMs)).toEqual([]);
        }
        // Spaced, and no more than the chat bears.
        const byMessage = (messageId: number) =>
          here.filter((call) => isEdit(call) && call.payload['message_id'] === messageId);
        for (const edits of [byMessage(1), byMessage(2)]) {
          for (const [index, { atMs }] of edits.slice(1).entries()) {
            expect(atMs - (edits[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(spacingMs);
          }
        }
        for (const [index, call] of here.entries()) {
          const before = here[index - 1];
          if (before !== undefined && !isMail(call)) expect(call.atMs - before.atMs).toBeGreaterThanOrEqual(spacingMs);
        }
        const times = here.map(({ atMs }) => atMs);
        expect(mostWithin(times, 10_000)).toBeLessThanOrEqual(16);
        if (chatId < 0) expect(mostWithin(times, 60_000)).toBeLessThanOrEqual(20);
      }
      // What may have arrived is not sent again, and all that was posted came to an end.
      for (const { id } of posted) {
        const tries = made.filter((call) => textOf(call) === id);
        const unsure = tries.findIndex(
          (call) =>
            call.deed === 'cut' || (typeof call.deed === 'object' && 'code' in call.deed && call.deed.code === 502),
        );
        if (tries[0] !== undefined && !isEdit(tries[0]) && unsure >= 0) expect(tries).toHaveLength(unsure + 1);
        const last = tries.at(-1)?.deed;
        if (tries[0] !== undefined && isEdit(tries[0]))
          expect([undefined, 400]).toContain(typeof last === 'object' && 'code' in last ? last.code : undefined);
      }
      // No status goes back, and the last one is shown.
      for (const [name, version] of versions) {
        const shown = made
          .map(textOf)
          .filter((text) => text.startsWith(`${name} `))
          .map((text) => Number(text.split(' ')[1]));
        expect(shown).toEqual(shown.toSorted((a, b) => a - b));
        expect(shown.at(-1)).toBe(version);
      }
      const unasked = made.filter((call) => !isMail(call)).map(({ atMs }) => atMs);
      expect(mostWithin(unasked, 1_000)).toBeLessThanOrEqual(30);
    }),
    { numRuns: runs(60) },
  );
});
