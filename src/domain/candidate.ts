import type { JobKind } from './job.ts';
import type { ProviderName } from './provider-name.ts';

/** One entry of a chain: which model of which provider is asked. */
export type Candidate = {
  readonly provider: ProviderName;
  readonly model: string;
};

/** For each kind of request the candidates in the order in which they are asked; never empty. */
export type Chains = Readonly<Record<JobKind, readonly [Candidate, ...Candidate[]]>>;

export function candidateName(candidate: Candidate): string {
  return `${candidate.provider}:${candidate.model}`;
}
