import type { AppEvent } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { LineStats } from '../../domain/job-engine.ts';
import type { JobView, PoolView } from '../../domain/views.ts';

/** What the demo asks the process of its bot. */
export type Question =
  | { readonly kind: 'pool' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'find'; readonly id: JobId }
  | { readonly kind: 'wake' }
  | { readonly kind: 'disk'; readonly full: boolean };

/** What the bot answers to each question. */
export type Answers = {
  readonly pool: PoolView;
  readonly lines: readonly LineStats[];
  readonly find: { readonly job: Job; readonly view: JobView } | undefined;
  /** How many keys were woken. */
  readonly wake: number;
  readonly disk: undefined;
};

export type Answer = Answers[Question['kind']];

/** From the demo to the process of its bot; the settings come first. */
export type ToBot =
  | { readonly kind: 'open'; readonly env: Readonly<Record<string, string>> }
  | { readonly kind: 'ask'; readonly number: number; readonly question: Question }
  | { readonly kind: 'close' };

/** From the process of the bot to the demo. */
export type FromBot =
  | { readonly kind: 'event'; readonly event: AppEvent }
  /** Telegram has said who the bot is. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answer }
  /** The bot cannot go on, and why. */
  | { readonly kind: 'broken'; readonly why: string };
