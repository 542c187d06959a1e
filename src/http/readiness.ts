import type { Serving } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';

/** The parts of readiness; none of them throws. */
export type Vitals = {
  /** The database takes a write. */
  readonly databaseWritable: () => boolean;
  /** Whether a usable key and a model that its provider serves are there. */
  readonly serving: () => Serving;
  /** Telegram answered within the last two minutes. */
  readonly telegramAnswers: () => boolean;
};

const vitalNames = ['database', 'keys', 'models', 'telegram'] as const;

/** Why the bot is not ready, and what helps. */
const reasons = {
  database: 'the database or the results folder cannot be written; "darkroom doctor" says more',
  keys: 'no provider key is usable; "darkroom keys report" says why',
  models:
    'every provider whose keys are usable serves none of its models; "darkroom keys list" names it, another provider or model in the chains helps',
  telegram: 'Telegram has not answered for two minutes; "darkroom doctor --online" says why',
} as const satisfies Record<(typeof vitalNames)[number], string>;

export type Readiness = {
  readonly ready: boolean;
  /** What helps, one sentence for each part that is missing. */
  readonly why: readonly string[];
} & Readonly<Record<(typeof vitalNames)[number], boolean>>;

/** Whether the bot can serve now, and if not why. */
export function readinessOf(vitals: Vitals): Readiness {
  const serving = vitals.serving();
  const state = {
    database: vitals.databaseWritable(),
    keys: serving !== 'no-key',
    models: serving !== 'no-model',
    telegram: vitals.telegramAnswers(),
  };
  const missing = vitalNames.filter((name) => !state[name]);
  return { ready: missing.length === 0, ...state, why: missing.map((name) => reasons[name]) };
}

/** Caches the answer for `forMs`: a client that asks without a pause must not wear out the disk. */
export function cachedFor(clock: Clock, forMs: number, ask: () => boolean): () => boolean {
  let answer = false;
  let askedMs = -Infinity;
  return () => {
    if (clock.monotonicMs() - askedMs >= forMs) {
      answer = ask();
      askedMs = clock.monotonicMs();
    }
    return answer;
  };
}
