import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { jobId, keyId } from '../../../src/domain/ids.ts';
import { withEvent, withKill, type JobTimeline } from '../../../sandbox/page/job-timeline.ts';

const id = jobId('tg-1');
const emptyTimeline: JobTimeline = { id, state: 'waiting', steps: [] };
const attempt = (place: number) => ({
  jobId: id,
  attempt: 1,
  of: 3,
  keyId: keyId(`id-${place}`),
  keyName: `bytez #${place}`,
  model: 'm',
});
const choice = { why: 'only-one', of: 1, skipped: {} } as const;
const timelineAfter = (...events: readonly AppEvent[]) =>
  events.reduce((timeline, event, index) => withEvent(timeline, event, (index + 1) * 1000), emptyTimeline);

test('withEvent() lists the attempts of a job, each with its key and its result', () => {
  const timeline = timelineAfter(
    { event: 'job.accepted', jobId: id, kind: 'image', lane: 'free', ahead: 2 },
    { event: 'job.started', jobId: id, line: 'bytez', waitedMs: 300 },
    { event: 'attempt.started', ...attempt(1), choice, waitedMs: 0 },
    { event: 'attempt.failed', ...attempt(1), ms: 20, failure: { blame: 'key', reason: 'rejected', detail: '401' } },
    { event: 'attempt.started', ...attempt(2), choice, waitedMs: 0 },
    { event: 'attempt.succeeded', ...attempt(2), ms: 900 },
    { event: 'job.delivered', jobId: id, ms: 2_100, as: 'edit' },
  );
  expect(timeline).toEqual({
    id,
    state: 'done',
    steps: [
      { atMs: 1000, tone: 'plain', title: 'Accepted', detail: 'free lane, 2 ahead' },
      { atMs: 2000, tone: 'plain', title: 'Started', detail: 'after 0.3 s' },
      {
        atMs: 3000,
        tone: 'bad',
        title: 'Attempt 1 of 3',
        detail: 'the key was refused, 0.0 s',
        key: 'bytez #1',
        model: 'm',
      },
      { atMs: 5000, tone: 'good', title: 'Attempt 1 of 3', detail: 'answered in 0.9 s', key: 'bytez #2', model: 'm' },
      { atMs: 7000, tone: 'good', title: 'Delivered', detail: 'into the status message, after 2.1 s' },
    ],
  });
});

test('withEvent() shows until when a parked job waits', () => {
  const timeline = timelineAfter(
    { event: 'job.started', jobId: id, line: 'bytez', waitedMs: 0 },
    { event: 'job.parked', jobId: id, line: 'bytez', reason: 'keys-cooling', forMs: 4_000 },
  );
  expect(timeline.state).toBe('waiting');
  expect(timeline.steps.at(-1)).toEqual({
    atMs: 2000,
    tone: 'wait',
    title: 'Waiting, place kept',
    detail: 'every key is cooling down',
    untilMs: 6000,
  });
});

test.each([
  [{ event: 'job.cancelled', jobId: id }, 'cancelled'],
  [{ event: 'job.failed', jobId: id, code: 'busy', calls: 4 }, 'failed'],
] as const)('withEvent() ends the timeline with %o', (event, state) => {
  expect(timelineAfter(event).state).toBe(state);
});

test('withKill() cuts off the running attempt, keeps the job waiting, and leaves an ended job as it is', () => {
  const running = timelineAfter(
    { event: 'job.started', jobId: id, line: 'bytez', waitedMs: 300 },
    { event: 'attempt.started', ...attempt(1), choice, waitedMs: 0 },
  );
  const killed = withKill(running, 9000);
  expect(killed).toMatchObject({ state: 'waiting', steps: [{}, { tone: 'bad', detail: 'cut off' }, { atMs: 9000 }] });
  expect(killed.steps.at(-1)?.title).toBe('The bot was killed');
  const ended = timelineAfter({ event: 'job.delivered', jobId: id, ms: 2_100, as: 'edit' });
  expect(withKill(ended, 9000)).toBe(ended);
});
