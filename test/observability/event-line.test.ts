import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { eventLine } from '../../src/observability/event-line.ts';
import { choice, everyEvent, job, key } from './every-event.ts';

test('eventLine() words the events of a picture', () => {
  const attempt = { jobId: job, keyId: key, of: 3, model: 'org/model', attempt: 1 };
  const story: AppEvent[] = [
    { event: 'job.accepted', jobId: job, kind: 'image', lane: 'free', ahead: 2 },
    { event: 'attempt.started', ...attempt, keyName: 'bytez #2', choice, waitedMs: 0 },
    {
      event: 'attempt.failed',
      ...attempt,
      keyName: 'bytez #2',
      ms: 210,
      failure: { blame: 'key', reason: 'rate-limited', retryAfterMs: 30_000, detail: '429' },
    },
    {
      event: 'attempt.started',
      ...attempt,
      keyName: 'bytez #3',
      choice: { why: 'only-one', of: 1, skipped: {} },
      waitedMs: 0,
    },
    { event: 'attempt.succeeded', ...attempt, keyName: 'bytez #3', ms: 45_210 },
    { event: 'job.delivered', jobId: job, ms: 46_000, as: 'edit' },
  ];
  expect(story.map(eventLine)).toEqual([
    'job tg-42-7 accepted: image, free lane, 2 ahead',
    'attempt 1/3 bytez #2: started with org/model, chosen as soonest of 4, 2 cooling skipped',
    'attempt 1/3 bytez #2: rate-limited',
    'attempt 1/3 bytez #3: started with org/model, chosen as the only one left',
    'attempt 1/3 bytez #3: succeeded in 45.2 s',
    'job tg-42-7 delivered after 46 s',
  ]);
});

test.each(everyEvent.map((event) => [event.event, event] as const))(
  'eventLine() has one line for %s',
  (_name, event) => {
    const line = eventLine(event);
    expect(line).toMatch(/^\S.*\S$/);
    expect(line).not.toMatch(/undefined|NaN|\[object/);
  },
);

test('eventLine() skips a recovery that found nothing', () => {
  expect(eventLine({ event: 'app.recovered', handedBack: 0, setAside: 0, undelivered: 0 })).toBeUndefined();
});

test('eventLine() handles times beyond the calendar and texts with line ends', () => {
  const far: AppEvent = {
    event: 'key.changed',
    keyId: key,
    keyName: 'bytez #1',
    state: { kind: 'cooling', sinceMs: 0, untilMs: Number.POSITIVE_INFINITY, reason: 'timed-out', stated: true },
  };
  expect(eventLine(far)).toBe('key bytez #1: cooling (timed-out) until some day');
  expect(eventLine({ event: 'config.warning', text: 'one\r\n\x1b]0;two\x07' })).toBe('environment: one ]0;two');
});

test('eventLine() tells when a key is probed again', () => {
  const state = {
    kind: 'benched',
    reason: 'rejected',
    probeAtMs: Date.UTC(2026, 0, 1, 12, 30, 5),
    times: 1,
    confirmed: true,
  } as const;
  expect(eventLine({ event: 'key.changed', keyId: key, keyName: 'bytez #1', state })).toBe(
    'key bytez #1: benched (rejected), probed again at 12:30:05 UTC',
  );
});
