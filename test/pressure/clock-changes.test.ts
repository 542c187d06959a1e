import { expect, test } from 'vitest';
import { runs } from '../journeys/talk.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';

const hourMs = 3_600_000;
const jumps = [
  ['forward', hourMs],
  ['back', -hourMs],
] as const;

/** Lets so much time pass, and what belongs to it happen. */
const pass = (clock: FakeClock, ms: number) => passTime(clock, clock.sleep(ms, new AbortController().signal));

const happened = (app: TestApp, name: string) => app.events.some(({ event }) => event === name);

const untilHappened = (app: TestApp, clock: FakeClock, name: Parameters<TestApp['event']>[0]) =>
  passTime(clock, app.event(name), { stepMs: 50, atMostMs: 60_000 });

const secondCall = async (app: TestApp): Promise<void> => {
  let calls = 0;
  await app.event('attempt.started', () => (calls += 1) === 2);
};

test.each(jumps)(
  'a clock that is set %s by an hour while every key rests ends no rest sooner and none later (K21)',
  async (_, byMs) => {
    const clock = fakeClock();
    const accounts = [[{ do: { kind: 'rate-limited', retryAfterS: 60 }, when: { times: 1 } } as const]];
    await using app = await openTestApp({ accounts, clock });
    const person = app.person(7);
    person.say('/generate a red fox');
    await untilHappened(app, clock, 'job.parked');
    clock.jump(byMs);
    await pass(clock, 50_000);
    expect(runs(app)).toHaveLength(1);
    await passTime(clock, secondCall(app), { atMostMs: 15_000 });
    await passTime(clock, person.waitFor(hasPicture));
    expect(app.events).toContainEqual({ event: 'clock.jumped', byMs });
    expect(['job.failed', 'app.error'].map((name) => happened(app, name))).toEqual([false, false]);
  },
);

test.each(jumps)(
  'a clock that is set %s by an hour while one is served and one waits costs neither of them anything (K21)',
  async (_, byMs) => {
    const clock = fakeClock();
    await using app = await openTestApp({ clock, env: { BYTEZ_SEATS_MAX: '1' } });
    const [ann, ben] = [app.person(7), app.person(8)];
    const hold = app.bytez.hold();
    ann.say('/generate for Ann');
    await untilHappened(app, clock, 'attempt.started');
    ben.say('/generate for Ben');
    await passTime(
      clock,
      ben.waitFor((seen) => fromBot(seen).length === 1),
    );
    clock.jump(byMs);
    await untilHappened(app, clock, 'clock.jumped');
    hold.release();
    await passTime(clock, Promise.all([ann, ben].map((person) => person.waitFor(hasPicture))), { atMostMs: 300_000 });
    let told = 0;
    await passTime(
      clock,
      app.event('job.delivered', () => (told += 1) === 2),
    );
    expect([ann, ben].map((person) => fromBot(person.messages()).length)).toEqual([1, 1]);
    expect(runs(app).map(({ prompt }) => prompt)).toEqual(['for Ann', 'for Ben']);
    expect(app.events.flatMap((event) => (event.event === 'job.delivered' ? [event.ms < 600_000] : []))).toEqual([
      true,
      true,
    ]);
    expect(['job.failed', 'app.error'].map((name) => happened(app, name))).toEqual([false, false]);
  },
);

test.each(jumps)(
  'a clock that is set %s by an hour between two attempts changes nothing about the next one (K21)',
  async (_, byMs) => {
    const clock = fakeClock();
    const accounts = [[{ do: { kind: 'status', status: 503 }, when: { times: 2 } } as const]];
    await using app = await openTestApp({ accounts, clock, env: { RETRY_DELAY_S: '20' } });
    const person = app.person(7);
    person.say('/generate a red fox');
    await untilHappened(app, clock, 'job.parked');
    clock.jump(byMs);
    await passTime(clock, person.waitFor(hasPicture), { atMostMs: 600_000 });
    expect(runs(app)).toHaveLength(3);
    expect(happened(app, 'job.failed')).toBe(false);
  },
);

/** A bot whose only key rests for a minute, closed while somebody waits for it, and opened again. */
async function aReopenedApp(clock: FakeClock, byMs: number) {
  const accounts = [[{ do: { kind: 'rate-limited', retryAfterS: 60 }, when: { times: 1 } } as const]];
  const app = await openTestApp({ accounts, clock });
  const person = app.person(7);
  person.say('/generate a red fox');
  await untilHappened(app, clock, 'job.parked');
  const reopened = app.restart();
  clock.jump(byMs);
  await passTime(clock, reopened);
  return { app, person };
}

test('a clock that is set back by an hour while the bot is closed keeps nobody waiting for an hour (K21)', async () => {
  const clock = fakeClock();
  const { app, person } = await aReopenedApp(clock, -hourMs);
  await using _app = app;
  await passTime(clock, secondCall(app), { atMostMs: 75_000 });
  await passTime(clock, person.waitFor(hasPicture));
  expect([runs(app).length, happened(app, 'job.failed')]).toEqual([2, false]);
});

test('a clock that is set forward by an hour while the bot is closed ends what has lasted too long, kindly (K21)', async () => {
  const clock = fakeClock();
  const { app, person } = await aReopenedApp(clock, hourMs);
  await using _app = app;
  await passTime(clock, person.waitFor(hasAnswer), { atMostMs: 600_000 });
  expect(wordsOf(fromBot(person.messages())[0])).toContain('The picture service is very busy right now');
  expect(runs(app)).toHaveLength(1);
  // Nothing was charged for it.
  await passTime(clock, app.event('job.notified'));
  person.say('/generate once more');
  await passTime(clock, person.waitFor(hasPicture));
});

test('the first second after 2^31 seconds is like any other (K21)', async () => {
  const clock = fakeClock(2 ** 31 * 1_000 - 5_000);
  const accounts = [[{ do: { kind: 'rate-limited', retryAfterS: 10 }, when: { times: 1 } } as const]];
  await using app = await openTestApp({ accounts, clock });
  const person = app.person(7);
  person.say('/generate a red fox');
  await untilHappened(app, clock, 'job.parked');
  await passTime(clock, person.waitFor(hasPicture));
  expect(clock.now()).toBeGreaterThan(2 ** 31 * 1_000);
  expect([runs(app).length, happened(app, 'job.failed')]).toEqual([2, false]);
});
