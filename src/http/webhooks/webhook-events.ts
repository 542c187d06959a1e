import { randomUUID } from 'node:crypto';
import type { Alert } from '../../domain/alert.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { WebhookMessage } from '../../domain/gateway/webhook-outbox.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import type { JobKind, Lane } from '../../domain/kinds.ts';

/** The events of which other programs are told. */
export const webhookEvents = [
  'alert.raised',
  'alert.resolved',
  'job.accepted',
  'job.produced',
  'job.failed',
  'job.cancelled',
  'job.dead-lettered',
] as const satisfies readonly AppEvent['event'][];

type Told = Extract<AppEvent, { readonly event: (typeof webhookEvents)[number] }>;

export type WebhookEventsOptions = {
  readonly reader: Pick<JobReader, 'find'>;
  readonly alertWords: (alert: Alert) => { readonly what: string; readonly advice: string };
  /** Whether somebody is told what concerns this target. */
  readonly isTold: (target: string) => boolean;
  readonly send: (message: WebhookMessage) => Promise<void>;
  readonly now: () => number;
};

type Facts = { readonly kind?: JobKind; readonly lane?: Lane; readonly client?: string; readonly model?: string };

/** Turns events of the app into messages for other programs: ids and facts, and no words of people. */
export class WebhookEvents {
  readonly #options: WebhookEventsOptions;
  /** Calls of clients that have not ended: nothing of them is stored. */
  readonly #calls = new Map<JobId, Facts>();
  readonly #work = new Set<Promise<void>>();

  constructor(options: WebhookEventsOptions) {
    this.#options = options;
  }

  hear(event: Told): void {
    if (event.event === 'job.accepted') {
      const { jobId, kind, lane, client } = event;
      if (client !== undefined) this.#calls.set(jobId, { kind, lane, client });
      return;
    }
    const work = ('alert' in event ? this.#alert(event) : this.#job(event)).finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** Resolves when everything heard is kept. */
  async idle(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #alert({ event, alert }: Extract<Told, { alert: Alert }>): Promise<void> {
    const { what, advice } = this.#options.alertWords(alert);
    const { id, severity, facts } = alert;
    const words = event === 'alert.raised' ? `${what}\n${advice}` : `Over: ${what}`;
    await this.#tell('alerts', event, { id, severity, facts, what, advice }, words);
  }

  async #job(event: Exclude<Told, { alert: Alert } | { event: 'job.accepted' }>): Promise<void> {
    const { jobId } = event;
    const { client, ...facts } = this.#calls.get(jobId) ?? (await this.#factsOf(jobId));
    this.#calls.delete(jobId);
    const data = { jobId, ...facts, ...(client === undefined ? {} : { client }), ...endingOf(event) };
    const type = types[event.event];
    const words = `Job ${jobId}${facts.kind === undefined ? '' : ` (${facts.kind})`} ${type.slice('job.'.length)}`;
    await this.#tell('jobs', type, data, words);
    if (client !== undefined) await this.#tell(`client:${client}`, type, data, words);
  }

  async #factsOf(jobId: JobId): Promise<Facts> {
    const job = await this.#options.reader.find(jobId).catch(() => undefined);
    if (job === undefined) return {};
    const outcome = 'outcome' in job.state ? job.state.outcome : undefined;
    return { kind: job.kind, lane: job.lane, ...(outcome?.kind === 'result' ? { model: outcome.model } : {}) };
  }

  async #tell(target: string, type: string, data: object, words: string): Promise<void> {
    const { isTold, send, now } = this.#options;
    if (!isTold(target)) return;
    const createdAtMs = now();
    const body = JSON.stringify({ type, timestamp: new Date(createdAtMs).toISOString(), data, words });
    await send({ id: `msg_${randomUUID().replaceAll('-', '')}`, target, type, body, createdAtMs });
  }
}

const types = {
  'job.produced': 'job.succeeded',
  'job.failed': 'job.failed',
  'job.cancelled': 'job.cancelled',
  'job.dead-lettered': 'job.failed',
} as const;

function endingOf(event: Exclude<Told, { alert: Alert } | { event: 'job.accepted' }>): object {
  switch (event.event) {
    case 'job.produced':
      return { bytes: event.bytes, mime: event.mime, ms: event.ms };
    case 'job.failed':
      return { code: event.code, calls: event.calls };
    case 'job.dead-lettered':
      return { code: 'set-aside' };
    case 'job.cancelled':
      return {};
  }
}
