import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdminAlerts } from '../../src/bot/admin-alerts.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Users } from '../../src/domain/users.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { fakeTelegram, refusing, type TelegramDeed } from '../support/fake-telegram.ts';
import { runs } from '../support/property-runs.ts';

const catalog = loadCatalog();
const locales = new Map([[901, 'ru']]);
const blocked = refusing('Forbidden: bot was blocked by the user', 403);
const lost = 'offline';

function failing(place: number): Alert {
  const facts = { kind: 'key-failing', keyName: `bytez #${place}`, reason: 'rejected', times: 1 } as const;
  return { id: `key-failing:id${place}`, severity: 'high', facts };
}

/** Mail to the admins on a Telegram that notes what it is asked and answers as told. */
function aMail(adminIds: readonly number[] = [900], answers: (TelegramDeed | Error)[] = []) {
  const sent: string[] = [];
  const { clock, outbox, events, emit } = fakeTelegram(({ chatId, payload }) => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    const words = String(payload['text'])
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('\n', ' | ');
    sent.push(`${Math.round(clock.monotonicMs() / 1_000)} s ${chatId}: ${words}`);
    return undefined;
  });
  const meaningFor = new Map<number, string>();
  const mail = new AdminAlerts({
    outbox,
    users: {
      find: async (id: number) => {
        const [locale, heardLocale] = [locales.get(id), meaningFor.get(id)];
        return {
          id,
          ...(locale === undefined ? {} : { locale }),
          ...(heardLocale === undefined ? {} : { heardLocale }),
        };
      },
      hear: async (id: number, locale: string) => void meaningFor.set(id, locale),
    } as unknown as Users,
    messages: createMessageMapper(catalog),
    adminIds: new Set(adminIds),
    matchLocale: (code) => catalog.match(code, 'en'),
    clock,
    emit,
  });
  return {
    clock,
    sent,
    events,
    mail,
    raise: (...places: readonly number[]) => {
      for (const place of places) mail.onAlert({ event: 'alert.raised', alert: failing(place) });
    },
    resolve: (...places: readonly number[]) => {
      for (const place of places) mail.onAlert({ event: 'alert.resolved', alert: failing(place) });
    },
  };
}

test('an admin who chose no language hears of alerts in the one in which the bot answers', async () => {
  const { clock, mail, raise, sent } = aMail([900, 901]);
  await mail.rememberLocale(900, 'es');
  await mail.rememberLocale(901, 'es');
  raise(1);
  await clock.advance(5_000);
  expect(sent).toEqual(['5 s 900: 🔴 bytez #1 falló: no aceptada', '5 s 901: 🔴 bytez #1: сбой: не принят']);
});

test('AdminAlerts gathers what comes at once and tells every admin in the own language', async () => {
  const { clock, raise, sent } = aMail([900, 901]);
  raise(1, 2);
  await clock.advance(3_000);
  raise(3);
  await clock.advance(600_000);
  expect(sent).toEqual([
    '5 s 900: 🔴 bytez #1 failed: not accepted | 🔴 bytez #2 failed: not accepted | 🔴 bytez #3 failed: not accepted',
    '5 s 901: 🔴 bytez #1: сбой: не принят | 🔴 bytez #2: сбой: не принят | 🔴 bytez #3: сбой: не принят',
  ]);
});

test('AdminAlerts says at most one thing a minute, and then only how it stands', async () => {
  const { clock, raise, resolve, sent } = aMail();
  raise(1);
  await clock.advance(10_000);
  raise(2, 3);
  resolve(1);
  await clock.advance(10_000);
  resolve(3);
  await clock.advance(600_000);
  expect(sent).toEqual([
    '5 s 900: 🔴 bytez #1 failed: not accepted',
    '65 s 900: 🔴 bytez #2 failed: not accepted | ✅ bytez #1 is no longer failing.',
  ]);
});

test('AdminAlerts never speaks of what was over before anybody heard of it', async () => {
  const { clock, raise, resolve, sent } = aMail();
  raise(1);
  resolve(1);
  await clock.advance(600_000);
  expect(sent).toEqual([]);
});

test('AdminAlerts does not follow a key that flaps, and tells when it stays broken', async () => {
  const { clock, raise, resolve, sent } = aMail();
  raise(1);
  await clock.advance(70_000);
  for (let time = 0; time < 3; time += 1) {
    resolve(1);
    await clock.advance(70_000);
    raise(1);
    await clock.advance(10_000);
  }
  await clock.advance(600_000);
  expect(sent).toEqual([
    '5 s 900: 🔴 bytez #1 failed: not accepted',
    '75 s 900: ✅ bytez #1 is no longer failing.',
    '530 s 900: 🔴 bytez #1 failed: not accepted',
  ]);
});

test('AdminAlerts does not let what waits for long hold back what is new', async () => {
  const { clock, raise, resolve, sent } = aMail();
  raise(1);
  await clock.advance(70_000);
  resolve(1);
  await clock.advance(70_000);
  raise(1);
  await clock.advance(10_000);
  raise(2);
  await clock.advance(10_000);
  expect(sent.at(-1)).toBe('155 s 900: 🔴 bytez #2 failed: not accepted');
});

test('AdminAlerts leaves a chat that is closed to the bot alone, with a line in the log', async () => {
  const { clock, raise, events, sent } = aMail([900, 901], [blocked]);
  raise(1);
  await clock.advance(600_000);
  expect(sent).toEqual(['5 s 901: 🔴 bytez #1: сбой: не принят']);
  expect(events).toEqual([
    { event: 'alert.undeliverable', adminId: 900, detail: '403 Forbidden: bot was blocked by the user' },
  ]);
});

test('AdminAlerts tries again a minute later when Telegram was away, with what is true by then', async () => {
  const { clock, raise, sent, events } = aMail([900], [lost, lost]);
  raise(1);
  await clock.advance(20_000);
  raise(2);
  await clock.advance(600_000);
  expect(sent).toEqual(['125 s 900: 🔴 bytez #1 failed: not accepted | 🔴 bytez #2 failed: not accepted']);
  expect(events).toHaveLength(2);
});

test('AdminAlerts that cannot look up an admin says so and tries again', async () => {
  const { clock, raise, sent, events } = aMail([900], [new TypeError('broken')]);
  raise(1);
  await clock.advance(70_000);
  expect(events).toMatchObject([{ event: 'app.error', what: 'send an alert to an admin' }]);
  expect(sent).toHaveLength(1);
});

test('AdminAlerts says nothing once it is closed', async () => {
  const { clock, mail, raise, sent } = aMail();
  raise(1);
  mail[Symbol.dispose]();
  raise(2);
  await clock.advance(600_000);
  expect(sent).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('AdminAlerts never speaks twice in a minute, never says the same twice in a row, and ends with the truth', async () => {
  const step = fc.record({
    place: fc.integer({ min: 1, max: 3 }),
    isRaised: fc.boolean(),
    thenMs: fc.integer({ min: 0, max: 120_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { clock, raise, resolve, sent } = aMail();
      const open = new Set<number>();
      for (const { place, isRaised, thenMs } of steps) {
        if (isRaised && !open.has(place)) raise(place);
        if (!isRaised && open.has(place)) resolve(place);
        if (isRaised) open.add(place);
        else open.delete(place);
        await clock.advance(thenMs);
      }
      await clock.advance(700_000);
      const secondsOf = sent.map((line) => Number.parseInt(line, 10));
      expect(secondsOf.every((second, index) => index === 0 || second - (secondsOf[index - 1] ?? 0) >= 60)).toBe(true);
      for (const place of [1, 2, 3]) {
        const said = sent.flatMap((line) =>
          [...line.matchAll(/bytez #(\d) (failed|is no longer)/g)]
            .filter(([, number]) => number === String(place))
            .map(([, , words]) => words === 'failed'),
        );
        expect(said).toEqual(said.map((_, index) => index % 2 === 0));
        expect(said.at(-1) ?? false).toBe(open.has(place));
      }
    }),
    { numRuns: runs(60) },
  );
});
