import type { JobId } from '../../domain/ids.ts';
import type { Fault } from './failure-streak.ts';

const windowMs = 10_000;
/** This many keys, or half of them if these are fewer, are refused by a provider that refuses all. */
const enoughKeys = 4;
const maxKept = 64;

type Refusal = Fault & { readonly atMs: number };

/**
 * The provider's consecutive refusals since its last success whose cause may be the key, the request or the provider.
 * Several jobs refused with several keys within seconds, and nothing served meanwhile: no key and no request is at fault.
 */
export class RefusalStreak {
  #refusals: readonly Refusal[] = [];

  note(fault: Fault, nowMs: number): void {
    const recent = this.#refusals.filter(({ atMs }) => atMs >= nowMs - windowMs);
    this.#refusals = [...recent.slice(1 - maxKept), { ...fault, atMs: nowMs }];
  }

  /** Drops the refusals of a job: its request was at fault. */
  retract(jobId: JobId): void {
    if (this.#refusals.length > 0) this.#refusals = this.#refusals.filter((one) => one.jobId !== jobId);
  }

  clear(): void {
    if (this.#refusals.length > 0) this.#refusals = [];
  }

  /** The model of all its calls; undefined when there were several models. */
  get onlyModel(): string | undefined {
    const models = new Set(this.#refusals.map(({ model }) => model));
    return models.size === 1 ? this.#refusals[0]?.model : undefined;
  }

  /** True when the provider refuses whatever is asked with whichever key; `keys` of it accept calls. */
  isOfProvider(keys: number): boolean {
    const jobs = new Set(this.#refusals.map(({ jobId }) => jobId));
    const refused = new Set(this.#refusals.map(({ keyId }) => keyId));
    return jobs.size >= 2 && refused.size >= Math.max(2, Math.min(enoughKeys, Math.ceil(keys / 2)));
  }

  /** True when two calls, with two keys where there are two, met the refusal. */
  isRepeated(keys: number): boolean {
    const refused = new Set(this.#refusals.map(({ keyId }) => keyId));
    return this.#refusals.length >= 2 && refused.size >= Math.min(2, keys);
  }
}
