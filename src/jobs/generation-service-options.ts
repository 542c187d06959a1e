import type { ProviderName } from '../domain/ids.ts';
import type { Accepted, RewrittenPrompts } from '../domain/job-engine.ts';
import type { JobKind, Lane } from '../domain/kinds.ts';
import type { RefusedWords, WordGuard } from '../domain/safety/safety.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { JobRunnerOptions } from './job-runner.ts';
import type { LinesOptions } from './open-lines.ts';

export type GenerationServiceOptions = Omit<
  JobRunnerOptions,
  'pool' | 'live' | 'modelCooldowns' | 'breakers' | 'unrecognized' | 'onEnded' | 'onParked'
> & {
  readonly pool: KeyPool;
  readonly clients?: LinesOptions['clients'];
  /** How many requests of one person may run, and wait, at once. */
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  /** A line with a longer estimated wait refuses new jobs. */
  readonly maxWaitMs: number;
  /** The providers that have keys now, however these fare; every provider has some when absent. */
  readonly keyedProviders?: ReadonlySet<ProviderName>;
  /** Where rewritten prompts are kept; prompts are not rewritten when absent. */
  readonly rewrites?: RewrittenPrompts | undefined;
  readonly guard?: WordGuard | undefined;
  /** Other processes run jobs of the same store. */
  readonly hasOthers?: boolean;
  /** Reads which models the provider serves, and gives it to `noteListed`; never rejects. */
  readonly readModels?: (provider: ProviderName) => Promise<void>;
};

/** `busy`: the estimated wait is too long; `not-allowed`: the person may use no model of the kind. */
export type Submitted = Accepted | RefusedWords | { readonly kind: 'refused'; readonly code: 'busy' | 'not-allowed' };
