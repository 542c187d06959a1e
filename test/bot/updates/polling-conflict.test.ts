import { expect, test } from 'vitest';
import { PollingConflict } from '../../../src/bot/updates/polling-conflict.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';

function aContest() {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  return { clock, events, contest: new PollingConflict(clock, (event) => void events.push(event)) };
}

test('PollingConflict lets a newcomer look seldom, and says once that it waits and once that it took over', async () => {
  const { clock, events, contest } = aContest();
  const rests: number[] = [];
  for (let times = 0; times < 5; times += 1) {
    const restMs = contest.pollEnded();
    rests.push(restMs);
    await clock.advance(restMs);
  }
  expect(rests).toEqual([5_000, 5_000, 5_000, 30_000, 30_000]);
  await clock.advance(25_000);
  contest.pollSucceeded();
  contest.pollSucceeded();
  expect(events).toEqual([
    { event: 'telegram.conflict', by: 'poll', waits: true },
    { event: 'telegram.conflict-over', afterMs: 100_000 },
  ]);
});

test('PollingConflict lets the first process go on as before', async () => {
  const { clock, events, contest } = aContest();
  contest.pollSucceeded();
  await clock.advance(60_000);
  for (let times = 0; times < 6; times += 1) {
    expect(contest.pollEnded()).toBe(5_000);
    await clock.advance(5_000);
  }
  expect(events).toEqual([{ event: 'telegram.conflict', by: 'poll', waits: false }]);
});

test('PollingConflict does not take an answer that came before the other one looked for its end', async () => {
  const { clock, events, contest } = aContest();
  contest.pollEnded();
  await clock.advance(9_999);
  contest.pollSucceeded();
  expect(events).toHaveLength(1);
  await clock.advance(1);
  contest.pollSucceeded();
  expect(events).toHaveLength(2);
  contest.pollEnded();
  expect(events).toHaveLength(3);
});
