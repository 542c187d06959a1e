import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';
import { answerTo, press, troubles, until, whileTimePasses } from './talk.ts';

const refused = [{ do: { kind: 'unauthorized' } }] as const;
/** Longer than alerts are gathered and spaced. */
const aMinuteAndMoreMs = 70_000;

/** The bot's messages that hold an alert or the end of one. */
function alertsTo(person: Person): readonly string[] {
  return fromBot(person.messages(), (message) => /^[🔴🟠🟡✅]/u.test(wordsOf(message))).map(wordsOf);
}

/** Moves the clock on in steps, with room for the network, until nothing more can be on its way. */
async function passMs(clock: FakeClock, ms: number): Promise<void> {
  await whileTimePasses(clock, clock.sleep(ms, new AbortController().signal), 1_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function generate(app: TestApp, person: Person, clock: FakeClock): Promise<void> {
  const before = app.events.filter(({ event }) => event === 'job.notified' || event === 'job.delivered').length;
  person.say('/generate a fox');
  const told = () => app.events.filter(({ event }) => event === 'job.notified' || event === 'job.delivered').length;
  await whileTimePasses(
    clock,
    until(() => told() > before),
  );
}

test('an admin who never chose a language hears of an alert in the one that Telegram reports', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, accounts: [refused] });
  const [admin, person] = [app.person(adminId, 'es'), app.person(7)];
  await answerTo(admin, '/start');
  await generate(app, person, clock);
  await passMs(clock, aMinuteAndMoreMs);
  expect(alertsTo(admin)[0]).toContain('🔴 Ninguna clave de bytez funciona.');
});

test('an admin hears in her language that no key takes calls and later that it is over, and nobody else does', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, accounts: [refused] });
  const [admin, person] = [app.person(adminId), app.person(7)];
  const languages = await answerTo(admin, '/language');
  await press(admin, languages.id, 'Русский');
  await generate(app, person, clock);
  await passMs(clock, aMinuteAndMoreMs);
  const [raised, ...others] = alertsTo(admin);
  expect(raised).toContain('🔴 Ни один ключ bytez не работает.');
  expect(others).toEqual([]);

  app.bytez.setFaults('account 1', []);
  app.app.core.keys.wake('all');
  await generate(app, person, clock);
  await passMs(clock, aMinuteAndMoreMs);
  // Two alerts that end within the time of gathering share a message; on a busy machine they may not.
  expect(alertsTo(admin).slice(1).join('\n')).toBe(
    '✅ У bytez снова есть ключ, который работает.\n✅ bytez #1 больше не сбоит.',
  );
  expect(alertsTo(person)).toEqual([]);
});

test('ten keys that break at once make one message, with a button that leads to all of them', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, accounts: Array.from({ length: 10 }, () => refused) });
  const admin = app.person(adminId);
  await answerTo(admin, '/start');
  await whileTimePasses(clock, app.app.core.keys.test('all'));
  await passMs(clock, aMinuteAndMoreMs);
  const alerts = fromBot(admin.messages(), (message) => wordsOf(message).startsWith('🔴'));
  expect(alerts).toHaveLength(1);
  expect(wordsOf(alerts[0]).match(/^🔴 bytez #\d+ /gm)).toHaveLength(10);
  expect(wordsOf(alerts[0])).toContain('No key of bytez works.');
  expect(wordsOf(alerts[0])).not.toContain('of-the-tests');

  const seen = admin.messages().length;
  await press(admin, alerts[0]?.id ?? 0, '🔑 Keys');
  await admin.waitFor((messages) => messages.length > seen);
  expect(wordsOf(fromBot(admin.messages()).at(-1))).toContain('🔑 0/10 healthy · 10 benched');
  expect(wordsOf(admin.messages().find(({ id }) => id === alerts[0]?.id))).toBe(wordsOf(alerts[0]));
});

test.each(['blocked the bot', 'never wrote to it'])('an admin who %s hears nothing, and all goes on', async (case_) => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, accounts: [refused, []] });
  const [admin, person] = [app.person(adminId), app.person(7)];
  if (case_ === 'blocked the bot') {
    await answerTo(admin, '/start');
    admin.block();
  }
  await whileTimePasses(clock, app.app.core.keys.test('all'));
  await passMs(clock, aMinuteAndMoreMs);
  expect(alertsTo(admin)).toEqual([]);
  const unheard = () => app.events.filter(({ event }) => event === 'alert.undeliverable');
  const once = [expect.objectContaining({ adminId, detail: expect.stringMatching(/^40[03] /) as string })];
  expect(unheard()).toEqual(once);
  await generate(app, person, clock);
  expect(fromBot(person.messages(), ({ photo }) => photo !== undefined)).toHaveLength(1);
  expect(unheard()).toEqual(once);
  expect(troubles(app)).toEqual([]);
});
