import type { HouseEvent } from '../../domain/events.ts';
import type { FailureReason } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { ParkReason } from '../../domain/job.ts';

export type TimelineStep = {
  readonly atMs: number;
  readonly tone: 'plain' | 'busy' | 'good' | 'bad' | 'wait';
  readonly title: string;
  readonly detail?: string;
  /** When a wait is over. */
  readonly untilMs?: number;
  /** The key that carries the attempt. */
  readonly key?: string;
};

export type TimelineState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** What has become of one job so far. */
export type JobTimeline = {
  readonly id: JobId;
  readonly state: TimelineState;
  readonly steps: readonly TimelineStep[];
};

const reasonTexts = {
  'rate-limited': 'too many calls with this key',
  rejected: 'the key was refused',
  'not-entitled': 'the key may not use this model',
  'out-of-credit': 'the key has no credit left',
  concurrency: 'the seat of this key was taken',
  'unknown-model': 'the model is not there',
  'timed-out': 'no answer in time',
  overloaded: 'the provider stumbled',
  unreachable: 'the provider could not be reached',
  malformed: 'the answer made no sense',
  'failed-run': 'the run failed',
  unrecognized: 'an answer that nobody knows',
  'result-unavailable': 'the result was not there',
  'result-forbidden': 'the result lies where we do not go',
  'result-unusable': 'the result was no picture',
  'result-too-large': 'the result was too large',
  'bad-request': 'the request was not understood',
  refused: 'the words were refused',
} as const satisfies Record<FailureReason, string>;

const parkTexts = {
  'keys-cooling': 'every key is cooling',
  'keys-busy': 'every key is busy',
  'backing-off': 'a pause before the next attempt',
  'next-candidate': 'on to the next model',
  'provider-silent': 'the provider is silent, one call at a time asks it',
} as const satisfies Record<ParkReason, string>;

/** The tale after one more event of the job; the same one when the event adds nothing to it. */
export function withEvent(timeline: JobTimeline, event: HouseEvent, nowMs: number): JobTimeline {
  const step = (
    tone: TimelineStep['tone'],
    title: string,
    more: Partial<TimelineStep> = {},
  ): readonly TimelineStep[] => [...timeline.steps, { atMs: nowMs, tone, title, ...more }];
  switch (event.event) {
    case 'job.accepted':
      return { ...timeline, steps: step('plain', 'Accepted', { detail: `${event.lane} lane, ${event.ahead} ahead` }) };
    case 'job.started':
      return {
        ...timeline,
        state: 'running',
        steps: step('plain', 'A seat is free', { detail: after(event.waitedMs) }),
      };
    case 'job.parked': {
      const untilMs = nowMs + event.forMs;
      return {
        ...timeline,
        state: 'waiting',
        steps: step('wait', 'Place kept', { detail: parkTexts[event.reason], untilMs }),
      };
    }
    case 'attempt.started':
      return {
        ...timeline,
        steps: step('busy', `Attempt ${event.attempt} of ${event.of}`, { key: event.keyName, detail: 'asking …' }),
      };
    case 'attempt.failed':
      return {
        ...timeline,
        steps: withAttemptEnd(timeline.steps, 'bad', `${reasonTexts[event.failure.reason]}, ${seconds(event.ms)}`),
      };
    case 'attempt.succeeded':
      return { ...timeline, steps: withAttemptEnd(timeline.steps, 'good', `answered in ${seconds(event.ms)}`) };
    case 'result.refetch':
      return { ...timeline, steps: step('wait', 'Fetching the result again', { detail: event.detail }) };
    case 'job.produced':
      return { ...timeline, steps: step('good', 'Result kept', { detail: `${event.mime}, ${size(event.bytes)}` }) };
    case 'job.delivered': {
      const where = event.as === 'edit' ? 'into the receipt' : 'as a new message';
      return {
        ...timeline,
        state: 'done',
        steps: step('good', 'Delivered', { detail: `${where}, ${after(event.ms)}` }),
      };
    }
    case 'job.failed':
      return {
        ...timeline,
        state: 'failed',
        steps: step('bad', 'Failed', { detail: `${event.code}, ${event.calls} calls` }),
      };
    case 'job.told':
      return timeline.state === 'cancelled'
        ? timeline
        : { ...timeline, steps: step('plain', 'The person was told kindly') };
    case 'job.set-aside':
      return {
        ...timeline,
        state: 'failed',
        steps: step('bad', 'Set aside', {
          detail: event.processes === 0 ? 'its record cannot be read' : `${event.processes} processes died`,
        }),
      };
    case 'job.cancelled':
      return { ...timeline, state: 'cancelled', steps: step('plain', 'Cancelled by the person') };
    case 'job.undeliverable':
      return { ...timeline, steps: step('bad', 'Cannot be delivered', { detail: event.why }) };
    case 'house.started':
    case 'house.recovered':
    case 'house.tidied':
    case 'house.stopping':
    case 'house.stopped':
    case 'config.warning':
    case 'config.reread':
    case 'house.trouble':
    case 'storage.refuses':
    case 'storage.recovered':
    case 'key.changed':
    case 'keys.grouped':
    case 'keys.tested':
    case 'keys.reloaded':
    case 'keys.cleared':
    case 'clock.jumped':
    case 'failure.unrecognized':
    case 'alert.raised':
    case 'alert.resolved':
    case 'alert.unheard':
    case 'admin.refused':
    case 'model.resting':
    case 'breaker.opened':
    case 'breaker.closed':
    case 'telegram.trouble':
    case 'telegram.contested':
    case 'telegram.uncontested':
    case 'update.failed':
      return timeline;
  }
}

/** The attempt that was under way gets its ending. */
function withAttemptEnd(
  steps: readonly TimelineStep[],
  tone: TimelineStep['tone'],
  detail: string,
): readonly TimelineStep[] {
  const index = steps.findLastIndex((step) => step.tone === 'busy');
  return steps.map((step, at) => (at === index ? { ...step, tone, detail } : step));
}

function after(ms: number): string {
  return `after ${seconds(ms)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
