import type { AttemptFailure, FailureCode } from '../../src/domain/failure.ts';
import type { JobKind } from '../../src/domain/kinds.ts';
import type { ProviderDefinition } from '../../src/providers/provider-definition.ts';

/** How a call can end, and what it must mean: whose fault it is, what comes next, and what the person is told at the end. */
export const meanings = {
  ok: 'ok',
  'a bad key': ['key', 'rejected', 'rotate', 'keys-being-set-up'],
  'no money': ['key', 'out-of-credit', 'rotate', 'out-of-credit'],
  'too many in a time': ['key', 'rate-limited', 'rotate', 'busy'],
  'too many at once': ['key', 'concurrency', 'rotate', 'busy'],
  'not for this key': ['key', 'not-entitled', 'rotate', 'keys-being-set-up'],
  'a model that is gone': ['model', 'unknown-model', 'next-candidate', 'model-unavailable'],
  'refused words': ['request', 'refused', 'fail', 'refused'],
  'a request that is wrong': ['request', 'bad-request', 'fail', 'bad-request'],
  'an overloaded provider': ['provider', 'overloaded', 'wait', 'provider-down'],
  'a run that fails, or is done without a result': ['provider', 'failed-run', 'wait', 'provider-down'],
  'a provider that blocks this machine': ['provider', 'blocks-this-machine', 'wait', 'provider-down'],
  'a wrong body': ['provider', 'malformed', 'wait', 'provider-down'],
} as const satisfies Readonly<
  Record<string, readonly [AttemptFailure['blame'], AttemptFailure['reason'], string, FailureCode] | 'ok'>
>;

export type Ending = keyof typeof meanings;

/** The fixtures that must be understood as each ending: for every kind that the provider makes, or by kind. */
export type ProviderEndings = {
  readonly endings: Readonly<
    Partial<Record<Ending, readonly string[] | Readonly<Partial<Record<JobKind, readonly string[]>>>>>
  >;
  /** Why a provider never ends so. */
  readonly unknown: Readonly<Partial<Record<Ending, string>>>;
  /** What `start` answered, for the fixtures with `"on": "status"`. */
  readonly operation?: Readonly<Record<string, string | number>>;
  /** Answers to further addresses that contain these words. */
  readonly also?: readonly { readonly when: string; readonly body: object }[];
};

/** Values for the settings that a definition requires. */
export function requiredExamples({ requires = {} }: ProviderDefinition): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(requires).map(([ending, { example }]) => [ending, example]));
}

/** Where its server is: the address of the documentation, or an example of one's own. */
export function addressOf({ baseUrl, exampleUrl }: ProviderDefinition): string {
  return exampleUrl ?? baseUrl;
}
