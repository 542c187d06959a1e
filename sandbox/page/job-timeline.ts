import type { AppEvent } from '../../src/domain/events.ts';
import type { FailureReason } from '../../src/domain/failure.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { ParkReason } from '../../src/domain/job.ts';

export type TimelineStep = {
  readonly atMs: number;
  readonly tone: 'plain' | 'busy' | 'good' | 'bad' | 'wait';
  readonly title: string;
  readonly detail?: string;
  /** The end of a wait. */
  readonly untilMs?: number;
  /** The name of the key of an attempt. */
  readonly key?: string;
  /** The name of the model of an attempt. */
  readonly model?: string;
};

export type TimelineState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** The steps of one job so far. */
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
  concurrency: 'the key was busy elsewhere',
  'unknown-model': 'the model does not exist',
  'timed-out': 'no answer in time',
  overloaded: 'the provider failed',
  unreachable: 'the provider could not be reached',
  malformed: 'the answer could not be read',
  'blocks-this-machine': 'the provider lets no call of this machine in',
  'failed-run': 'the run failed',
  unrecognized: 'an unknown answer',
  'result-unavailable': 'the result could not be fetched',
  'result-forbidden': 'the address of the result is not allowed',
  'result-unusable': 'the result was no usable file',
  'result-too-large': 'the result was too large',
  'bad-request': 'the provider rejected the request',
  refused: 'the prompt was refused',
} as const satisfies Record<FailureReason, string>;

const parkTexts = {
  'keys-cooling': 'every key is cooling down',
  'keys-busy': 'every key is busy',
  'backing-off': 'a pause before the next attempt',
  'next-candidate': 'on to the next model',
  'provider-silent': 'the provider is down, one call at a time tests it',
} as const satisfies Record<ParkReason, string>;

/**
 * Returns the timeline after one more event of the job, unchanged for an event that adds no step. `process` is the number of
 * the process where there are several.
 */
export function withEvent(timeline: JobTimeline, event: AppEvent, nowMs: number, process?: number): JobTimeline {
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
        steps: step('plain', process === undefined ? 'Started' : `Started by process ${process}`, {
          detail: after(event.waitedMs),
        }),
      };
    case 'job.parked': {
      const untilMs = nowMs + event.forMs;
      return {
        ...timeline,
        state: 'waiting',
        steps: step('wait', 'Waiting, place kept', { detail: parkTexts[event.reason], untilMs }),
      };
    }
    case 'attempt.started':
      return {
        ...timeline,
        steps: step('busy', `Attempt ${event.attempt} of ${event.of}`, {
          key: event.keyName,
          model: event.model,
          detail: 'asking …',
        }),
      };
    case 'attempt.submitted':
    case 'attempt.resumed':
      return {
        ...timeline,
        steps: step('busy', 'The provider works on it', { key: event.keyName, model: event.model }),
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
    case 'result.refused':
      return {
        ...timeline,
        steps: step('bad', 'The result cannot be used', { model: event.model, detail: event.detail }),
      };
    case 'job.produced':
      return { ...timeline, steps: step('good', 'Result stored', { detail: `${event.mime}, ${size(event.bytes)}` }) };
    case 'job.delivered': {
      const where = event.as === 'edit' ? 'into the status message' : 'as a new message';
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
    case 'job.notified':
      return timeline.state === 'cancelled'
        ? timeline
        : { ...timeline, steps: step('plain', 'The person was informed') };
    case 'job.dead-lettered':
      return {
        ...timeline,
        state: 'failed',
        steps: step('bad', 'Dead-lettered', {
          detail: event.processes === 0 ? 'its record cannot be read' : `${event.processes} processes died`,
        }),
      };
    case 'job.cancelled':
      return { ...timeline, state: 'cancelled', steps: step('plain', 'Cancelled by the person') };
    case 'job.undeliverable':
      return { ...timeline, steps: step('bad', 'Not delivered, and kept', { detail: event.why }) };
    case 'job.delivery-postponed':
      return {
        ...timeline,
        steps: step('wait', 'Telegram did not take it', { detail: `again in ${Math.ceil(event.inMs / 1_000)} s` }),
      };
    case 'model.gone':
    case 'model.ends':
    case 'models.listed':
    case 'attempt.lost':
    case 'models.reloaded':
    case 'rules.reloaded':
    case 'clients.reloaded':
    case 'webhook.failed':
    case 'provider.empty':
    case 'provider.filled':
    case 'key.ends':
    case 'key.stays':
    case 'key.not-in-plan':
    case 'payment.credited':
    case 'payment.unclear':
    case 'payment.found':
    case 'payment.refunded':
    case 'checkout.declined':
    case 'subscription.changed':
    case 'app.started':
    case 'bucket.failing':
    case 'bucket.recovered':
    case 'copy.refused':
    case 'link.refused':
    case 'app.ready':
    case 'app.recovered':
    case 'retention.deleted':
    case 'app.stopping':
    case 'app.stopped':
    case 'config.warning':
    case 'config.reloaded':
    case 'app.error':
    case 'storage.unavailable':
    case 'storage.recovered':
    case 'key.changed':
    case 'keys.grouped':
    case 'keys.tested':
    case 'address.wrong':
    case 'address.right':
    case 'update.ignored':
    case 'updates.all-known':
    case 'bot.renamed':
    case 'request.refused':
    case 'moderation.failing':
    case 'moderation.recovered':
    case 'person.resting':
    case 'result.reported':
    case 'keys.reloaded':
    case 'lease.lent':
    case 'lease.ended':
    case 'keys.cleared':
    case 'clock.jumped':
    case 'failure.unrecognized':
    case 'alert.raised':
    case 'alert.resolved':
    case 'alert.undeliverable':
    case 'admin.refused':
    case 'model.closed':
    case 'model.cooling':
    case 'budget.near':
    case 'budget.spent':
    case 'budget.renewed':
    case 'breaker.opened':
    case 'breaker.closed':
    case 'telegram.error':
    case 'telegram.conflict':
    case 'telegram.conflict-over':
    case 'role.gained':
    case 'role.lost':
    case 'update.failed':
      return timeline;
  }
}

/** Returns the timeline after the bot was killed, unchanged for a job that has ended. */
export function withKill(timeline: JobTimeline, nowMs: number, process?: number): JobTimeline {
  if (timeline.state !== 'waiting' && timeline.state !== 'running') return timeline;
  const steps = withAttemptEnd(timeline.steps, 'bad', 'cut off');
  return {
    ...timeline,
    state: 'waiting',
    steps: [...steps, { atMs: nowMs, tone: 'bad', ...killWords(process) }],
  };
}

function killWords(process: number | undefined): Pick<TimelineStep, 'title' | 'detail'> {
  if (process === undefined) return { title: 'The bot was killed', detail: 'it starts again and goes on' };
  return { title: `Process ${process} was killed`, detail: 'the others take the request over within some 10 s' };
}

/** Completes the step of the running attempt. */
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
