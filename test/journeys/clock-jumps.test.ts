import { expect, test } from 'vitest';
import { answerTo, picturesOf, runs, troubles, until } from './talk.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestApp } from '../support/test-app.ts';

const hourMs = 3_600_000;

test.each([hourMs, -hourMs])(
  'a clock that is set by %i ms while a call runs makes no second one (K21)',
  async (byMs) => {
    const clock = fakeClock();
    await using app = await openTestApp({ clock });
    const hold = app.bytez.hold();
    const person = app.person(7);
    person.say('/generate a fox');
    await until(() => runs(app).length === 1);
    clock.jump(byMs);
    await clock.advance(1_000);
    hold.release();
    await passTime(clock, person.waitFor(hasPicture));
    await passTime(clock, app.event('job.delivered'));
    expect(runs(app)).toHaveLength(1);
    expect(picturesOf(person)).toHaveLength(1);
  },
);

test.each([Date.UTC(2038, 0, 19, 3, 14, 0), Date.UTC(2026, 9, 25, 0, 59, 50)])(
  'nothing happens when seconds outgrow 32 bits or summer ends (%i) (K21)',
  async (startMs) => {
    const clock = fakeClock(startMs);
    await using app = await openTestApp({ clock });
    const person = app.person(7);
    await answerTo(person, '/help');
    await clock.advance(20_000);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
    expect(troubles(app)).toEqual([]);
  },
);
