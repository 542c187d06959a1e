import type { AppEvent } from '../../src/domain/events.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Clock } from '../../src/kit/clock.ts';
import type { AppView } from './app-view.ts';
import { withEvent, withKill, type JobTimeline } from './job-timeline.ts';

const maxJobs = 120;
const maxLogLines = 30;
/** Events of the process that runs a job. */
const runs: ReadonlySet<AppEvent['event']> = new Set([
  'job.started',
  'attempt.started',
  'attempt.resumed',
  'job.produced',
]);

type JobFacts = Pick<Job, 'kind' | 'lane' | 'line' | 'prompt'> & {
  readonly userId: number;
  readonly ahead: number;
};

/** A job as the page shows it. */
export type ShownJob = JobTimeline & JobFacts;

export type LogLine = { readonly atMs: number; readonly text: string; readonly jobId?: JobId };

/** Remembers the timelines of the latest jobs and the latest log lines. */
export class RecentJobs {
  readonly #view: AppView;
  readonly #clock: Clock;
  readonly #timelines = new Map<JobId, JobTimeline>();
  readonly #facts = new Map<JobId, JobFacts>();
  /** Which of several processes ran a job last. */
  readonly #processes = new Map<JobId, number>();
  #log: readonly LogLine[] = [];

  constructor(options: { readonly view: AppView; readonly clock: Clock }) {
    this.#view = options.view;
    this.#clock = options.clock;
  }

  get log(): readonly LogLine[] {
    return this.#log;
  }

  /** Adds the event, of one of several processes where it has a number, to the log and to the timeline of its job. */
  record(event: AppEvent, process?: number): void {
    const atMs = this.#clock.now();
    const text = this.#view.describe(event);
    const by = process === undefined ? '' : `[${process}] `;
    if (text !== undefined)
      this.#addLine({ atMs, text: by + text, ...('jobId' in event ? { jobId: event.jobId } : {}) });
    if (!('jobId' in event)) return;
    const known = this.#timelines.get(event.jobId);
    if (known === undefined && event.event !== 'job.accepted') return;
    const before = known ?? { id: event.jobId, state: 'waiting', steps: [] };
    this.#timelines.set(event.jobId, withEvent(before, event, atMs, process));
    if (process !== undefined && runs.has(event.event)) this.#processes.set(event.jobId, process);
    const [oldest] = this.#timelines.keys();
    if (this.#timelines.size <= maxJobs || oldest === undefined) return;
    this.#timelines.delete(oldest);
    this.#facts.delete(oldest);
    this.#processes.delete(oldest);
  }

  /** Adds to the log and to every open job that the bot was killed; of one of several processes, to the jobs that it ran. */
  recordKill(process?: number): void {
    const atMs = this.#clock.now();
    const who = process === undefined ? 'the bot' : `process ${process}`;
    this.#addLine({ atMs, text: `${who} was killed; it starts again by itself` });
    for (const [id, timeline] of this.#timelines) {
      const isCut = process === undefined || (timeline.state === 'running' && this.#processes.get(id) === process);
      if (isCut) this.#timelines.set(id, withKill(timeline, atMs, process));
    }
  }

  #addLine(line: LogLine): void {
    this.#log = [...this.#log, line].slice(-maxLogLines);
  }

  /** Returns the remembered jobs with their details, oldest first. */
  async jobs(): Promise<readonly ShownJob[]> {
    await Promise.all([...this.#timelines.values()].map((timeline) => this.#refresh(timeline)));
    return [...this.#timelines.values()].flatMap((timeline) => {
      const facts = this.#facts.get(timeline.id);
      return facts === undefined ? [] : [{ ...timeline, ...facts }];
    });
  }

  /** The details of an ended job do not change and are not read again. */
  async #refresh({ id, state }: JobTimeline): Promise<void> {
    if (this.#facts.has(id) && state !== 'waiting' && state !== 'running') return;
    const found = await this.#view.find(id);
    if (found === undefined) return;
    const { kind, lane, line, prompt, origin } = found.job;
    const { phase } = found.view;
    const ahead = phase.kind === 'queued' || phase.kind === 'paused' ? phase.ahead : 0;
    this.#facts.set(id, { kind, lane, line, prompt, ahead, userId: origin.userId });
  }
}
