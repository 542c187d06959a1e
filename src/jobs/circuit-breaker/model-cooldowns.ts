import { type Candidate, candidateName, type Chains, type Job } from '../../domain/job.ts';
import { jobKinds } from '../../domain/kinds.ts';
import type { ModelFacts, ModelLookup } from '../../domain/provider.ts';
import type { ChainModel } from '../../domain/views.ts';
import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { SharedCooldown } from '../../domain/shared/shared-keys.ts';
import type { Clock } from '../../kit/clock.ts';

const unknownForMs = 5 * 60_000;
const downForMs = 60_000;
/** How long an empty provider is left alone: it is looked at again every hour. */
const emptyForMs = 60 * 60_000;

/** Why a model cools down: its provider does not serve it, serves it to no key, or it seems to have stopped answering. */
type Why = 'unknown' | 'closed' | 'down';
type Cooldown = {
  readonly untilMs: number;
  readonly forMs: number;
  readonly provider: ProviderName;
  readonly why: Why;
};

export type ModelCooldownsOptions = {
  /** The models of the chains, by provider. */
  readonly modelsOf?: (provider: ProviderName) => readonly string[];
  /** Called when a provider has said for sure that it does not serve a model: it may serve none. */
  readonly onGone?: (candidate: Candidate) => void;
};

/**
 * Models that cool down for all jobs: the provider does not know them, serves them to no key, or only they stopped answering. A provider of
 * whose models in the chains none is served, while its keys are accepted, is *empty*: filled -> empty (it said so of every
 * model, or lists none at all) -> filled (it lists some again, or a call succeeds).
 */
export class ModelCooldowns {
  /** Called with the name of a model of which something else is known now. */
  onChange: ((name: string) => void) | undefined;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #options: ModelCooldownsOptions;
  readonly #cooldowns = new Map<string, Cooldown>();
  readonly #refusals = new ModelRefusals();
  /** Models of which their provider has said for sure that it does not serve them. */
  readonly #gone = new Map<ProviderName, Set<string>>();
  /** Until when each empty provider is left alone, on the monotonic clock. */
  readonly #emptyUntilMs = new Map<ProviderName, number>();

  constructor(clock: Clock, emit: Emit, options: ModelCooldownsOptions = {}) {
    this.#clock = clock;
    this.#emit = emit;
    this.#options = options;
  }

  /** The provider does not serve the model; not `sure` where only the status of its answer says so. */
  noteUnknown(candidate: Candidate, sure = true): void {
    const { provider, model } = candidate;
    if (!sure) return this.#coolDown(candidate, unknownForMs, 'unknown');
    const gone = this.#gone.get(provider) ?? new Set();
    this.#gone.set(provider, gone.add(model));
    this.#lookIfEmpty(provider);
    this.#coolDown(candidate, this.#emptyUntilMs.has(provider) ? emptyForMs : unknownForMs, 'unknown');
    if (!this.#emptyUntilMs.has(provider)) this.#options.onGone?.(candidate);
  }

  noteDown(candidate: Candidate): void {
    this.#coolDown(candidate, downForMs, 'down');
  }

  /** A call of the model has succeeded. */
  noteServed(candidate: Candidate): void {
    this.#refusals.served(candidateName(candidate), this.#clock.monotonicMs());
    const { provider, model } = candidate;
    if (this.#gone.size === 0 && this.#emptyUntilMs.size === 0) return;
    if (this.#gone.get(provider)?.delete(model) === true) this.onChange?.(candidateName(candidate));
    this.#setFilled(provider);
  }

  /** Records a refused request (see ModelRefusals). Returns true when the model is closed: it cools down then. */
  noteRefused(candidate: Candidate, job: Job, isElsewhere: boolean, sinceMonotonicMs: number): boolean {
    if (!this.#refusals.isClosed(candidateName(candidate), job, isElsewhere, sinceMonotonicMs)) return false;
    const { provider, model } = candidate;
    this.#emit({ event: 'model.closed', provider, model });
    this.#coolDown(candidate, unknownForMs, 'closed');
    return true;
  }

  /** The provider lists so many models. */
  noteListed(provider: ProviderName, models: number): void {
    if (models === 0) return this.#setEmpty(provider);
    if (!this.#emptyUntilMs.has(provider)) return;
    this.#gone.delete(provider);
    this.#end(provider, () => true);
    this.#setFilled(provider);
  }

  /** Ends the cooldowns of models that counted as down: the provider itself is down. */
  clearGuesses(provider: ProviderName): void {
    this.#end(provider, ({ why }) => why === 'down');
  }

  /** What other processes are to know of the model. */
  shared(candidate: Candidate): SharedCooldown {
    const { forMs = 0, why = 'down' } = this.#cooldowns.get(candidateName(candidate)) ?? {};
    const isGone = this.#gone.get(candidate.provider)?.has(candidate.model) === true;
    return { forMs, why, ...(isGone ? { isGone } : {}) };
  }

  /** Another process found this out so long ago. */
  takeOver(candidate: Candidate, { forMs, why, isGone }: SharedCooldown, ageMs: number): void {
    const { provider, model } = candidate;
    const name = candidateName(candidate);
    const gone = this.#gone.get(provider) ?? new Set();
    if (isGone === true) this.#gone.set(provider, gone.add(model));
    else gone.delete(model);
    const untilMs = this.#clock.monotonicMs() + forMs - ageMs;
    if (forMs > ageMs) this.#cooldowns.set(name, { untilMs, forMs, provider, why });
    else this.#cooldowns.delete(name);
    if (isGone === true) this.#lookIfEmpty(provider);
  }

  #end(provider: ProviderName, isOver: (cooldown: Cooldown) => boolean): void {
    for (const [name, cooldown] of this.#cooldowns) {
      if (cooldown.provider !== provider || !isOver(cooldown)) continue;
      this.#cooldowns.delete(name);
      this.onChange?.(name);
    }
  }

  /** A provider that serves none of its models in the chains is empty. */
  #lookIfEmpty(provider: ProviderName): void {
    const all = this.#options.modelsOf?.(provider) ?? [];
    const gone = this.#gone.get(provider);
    if (all.length > 0 && all.every((one) => gone?.has(one) === true)) this.#setEmpty(provider);
  }

  isCooling(candidate: Candidate): boolean {
    return this.#whyCooling(candidate) !== undefined;
  }

  /** True while the provider is taken not to serve the model, for sure or by the status of its answer. */
  isUnknown(candidate: Candidate): boolean {
    return this.#whyCooling(candidate) === 'unknown';
  }

  /** True while the provider is known for sure not to serve the model. */
  isGone(candidate: Candidate): boolean {
    return this.isCooling(candidate) && this.#gone.get(candidate.provider)?.has(candidate.model) === true;
  }

  isEmpty(provider: ProviderName): boolean {
    return this.#emptyUntilMs.has(provider);
  }

  /** True while an empty provider is left alone. */
  rests(provider: ProviderName): boolean {
    return (this.#emptyUntilMs.get(provider) ?? -Infinity) > this.#clock.monotonicMs();
  }

  #setEmpty(provider: ProviderName): void {
    const isNew = !this.#emptyUntilMs.has(provider);
    this.#emptyUntilMs.set(provider, this.#clock.monotonicMs() + emptyForMs);
    if (isNew) this.#emit({ event: 'provider.empty', provider });
  }

  #setFilled(provider: ProviderName): void {
    if (this.#emptyUntilMs.delete(provider)) this.#emit({ event: 'provider.filled', provider });
  }

  #whyCooling(candidate: Candidate): Why | undefined {
    if (this.#cooldowns.size === 0) return undefined;
    const found = this.#cooldowns.get(candidateName(candidate));
    return found !== undefined && found.untilMs > this.#clock.monotonicMs() ? found.why : undefined;
  }

  #coolDown(candidate: Candidate, forMs: number, why: Why): void {
    const { provider, model } = candidate;
    const untilMs = this.#clock.monotonicMs() + forMs;
    this.#cooldowns.set(candidateName(candidate), { untilMs, forMs, provider, why });
    this.#emit({ event: 'model.cooling', provider, model, forMs });
    this.onChange?.(candidateName(candidate));
  }
}

type Refused = Pick<Job, 'id' | 'prompt' | 'origin'>;

const maxKept = 8;
/** This many requests that other models served. */
const enoughElsewhere = 2;
/** This many different prompts, of several people or, where one person is alone, so many more. */
const enoughInVain = { prompts: 3, people: 2, promptsOfOne: 5 } as const;

/**
 * The requests that a model has refused since it last served one, in words that name no cause. One of them may be at
 * fault itself; several different ones in a row show that the model is closed to the accounts there are.
 */
export class ModelRefusals {
  readonly #servedAtMonotonicMs = new Map<string, number>();
  readonly #refused = new Map<string, readonly Refused[]>();

  served(model: string, monotonicMs: number): void {
    this.#servedAtMonotonicMs.set(model, monotonicMs);
    if (this.#refused.size > 0) this.#refused.delete(model);
  }

  /**
   * Records a request; `isElsewhere` when another model has served it, so that it was not at fault. Returns true when the
   * model is closed: never when it has served another request since this one was sent.
   */
  isClosed(model: string, { id, prompt, origin }: Refused, isElsewhere: boolean, sinceMonotonicMs: number): boolean {
    const servedAtMonotonicMs = this.#servedAtMonotonicMs.get(model);
    if (servedAtMonotonicMs !== undefined && servedAtMonotonicMs >= sinceMonotonicMs) return false;
    const others = (this.#refused.get(model) ?? []).filter((one) => one.id !== id);
    const refused = [...others.slice(1 - maxKept), { id, prompt, origin }];
    this.#refused.set(model, refused);
    if (isElsewhere) return refused.length >= enoughElsewhere;
    const prompts = new Set(refused.map((one) => one.prompt)).size;
    const people = new Set(refused.map((one) => one.origin.userId)).size;
    const needed = people >= enoughInVain.people ? enoughInVain.prompts : enoughInVain.promptsOfOne;
    return prompts >= needed;
  }
}

type ModelTools = {
  readonly models: ModelLookup;
  readonly cooldowns: Pick<ModelCooldowns, 'isGone' | 'isCooling'>;
  readonly nowMs: number;
};

/** Every candidate of every chain, in order, as it is known now. */
export function modelsInChains(chains: Chains, tools: ModelTools): readonly ChainModel[] {
  return jobKinds.flatMap((kind) =>
    chains[kind].map((candidate): ChainModel => {
      const { label, usualMs, endsOn, replacedBy } = tools.models(candidate);
      return {
        ...candidate,
        kind,
        state: stateOf(candidate, tools),
        ...(label === undefined ? {} : { label }),
        ...(usualMs === undefined ? {} : { usualMs }),
        ...(endsOn === undefined ? {} : { endsOn }),
        ...(replacedBy === undefined ? {} : { replacedBy: candidateName(replacedBy) }),
      };
    }),
  );
}

function stateOf(candidate: Candidate, { models, cooldowns, nowMs }: ModelTools): ChainModel['state'] {
  if (hasEnded(models(candidate), nowMs)) return 'ended';
  if (cooldowns.isGone(candidate)) return 'gone';
  return cooldowns.isCooling(candidate) ? 'resting' : 'served';
}

/** The moment at which a model ends, in milliseconds since 1970: the beginning of that day in UTC. */
export function endsAtMs(endsOn: string): number {
  return Date.parse(`${endsOn}T00:00:00Z`);
}

export function hasEnded({ endsOn }: ModelFacts, nowMs: number): boolean {
  return endsOn !== undefined && nowMs >= endsAtMs(endsOn);
}
