import type { HouseEvent } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { Clock } from '../../kit/clock.ts';
import type { HouseView } from './house-view.ts';
import { continued, type JobTale } from './job-timeline.ts';

const rememberedAtMost = 120;
const newsAtMost = 30;

type JobFacts = Pick<Job, 'kind' | 'lane' | 'line' | 'prompt'> & {
  readonly userId: number;
  readonly ahead: number;
};

/** A job as the panel shows it. */
export type ShownJob = JobTale & JobFacts;

export type News = { readonly atMs: number; readonly text: string; readonly jobId?: JobId };

/** Listens to the house and remembers the latest jobs, step by step, and the latest lines of news. */
export class JobTales {
  readonly #view: HouseView;
  readonly #clock: Clock;
  readonly #tales = new Map<JobId, JobTale>();
  readonly #facts = new Map<JobId, JobFacts>();
  #news: readonly News[] = [];

  constructor(options: { readonly view: HouseView; readonly clock: Clock }) {
    this.#view = options.view;
    this.#clock = options.clock;
  }

  get news(): readonly News[] {
    return this.#news;
  }

  hear(event: HouseEvent): void {
    const atMs = this.#clock.now();
    const text = this.#view.words(event);
    if (text !== undefined) {
      const news = { atMs, text, ...('jobId' in event ? { jobId: event.jobId } : {}) };
      this.#news = [...this.#news, news].slice(-newsAtMost);
    }
    if (!('jobId' in event)) return;
    const known = this.#tales.get(event.jobId);
    if (known === undefined && event.event !== 'job.accepted') return;
    this.#tales.set(event.jobId, continued(known ?? { id: event.jobId, state: 'waiting', steps: [] }, event, atMs));
    const [oldest] = this.#tales.keys();
    if (this.#tales.size <= rememberedAtMost || oldest === undefined) return;
    this.#tales.delete(oldest);
    this.#facts.delete(oldest);
  }

  /** Every remembered job with what the house says of it, oldest first. */
  async jobs(): Promise<readonly ShownJob[]> {
    await Promise.all([...this.#tales.values()].map((tale) => this.#look(tale)));
    return [...this.#tales.values()].flatMap((tale) => {
      const facts = this.#facts.get(tale.id);
      return facts === undefined ? [] : [{ ...tale, ...facts }];
    });
  }

  /** An ended job no longer changes and is not asked for again. */
  async #look({ id, state }: JobTale): Promise<void> {
    if (this.#facts.has(id) && state !== 'waiting' && state !== 'running') return;
    const found = await this.#view.find(id);
    if (found === undefined) return;
    const { kind, lane, line, prompt, origin } = found.job;
    const { phase } = found.view;
    const ahead = phase.kind === 'queued' || phase.kind === 'paused' ? phase.ahead : 0;
    this.#facts.set(id, { kind, lane, line, prompt, ahead, userId: origin.userId });
  }
}
