import type { ProviderAnswer } from '../domain/key-leases.ts';
import type { AttemptFailure, OwnRule } from '../domain/failure.ts';
import type { Candidate } from '../domain/job.ts';
import type { ToldWindow } from '../domain/key-state.ts';
import { defaultKind, jobKinds, type JobKind } from '../domain/kinds.ts';
import type { GenerationRequest } from '../domain/provider.ts';
import type { Clock } from '../kit/clock.ts';
import { Secret } from '../kit/secret.ts';
import type { HttpClient } from './http/http-exchange.ts';
import { createProviders, type ProvidersOptions } from './create-providers.ts';
import { makes, type ProviderDefinition } from './provider-definition.ts';

type UnderstandOptions = Pick<ProvidersOptions, 'settings'> & {
  readonly definitions: readonly ProviderDefinition[];
  readonly clock: Clock;
  /** The operator's own failure rules, where there are any. */
  readonly rules: (() => readonly OwnRule[]) | undefined;
};

const patienceMs = 1_000;

/**
 * What the provider's own adapter makes of an answer that another program got: the adapter is called over a client that
 * gives it this answer and nothing else, so its tables, its headers and its rules apply as to a call of the bot. An answer
 * on which the adapter would go on, to a download or a later question, is a success.
 */
export async function understandAnswer(
  wanted: Pick<Candidate, 'provider'> & Partial<Candidate>,
  answer: ProviderAnswer,
  { settings, definitions, clock, rules }: UnderstandOptions,
): Promise<{ readonly failure?: AttemptFailure; readonly seats?: number; readonly window?: ToldWindow }> {
  let calls = 0;
  const replay: HttpClient = {
    ...(rules && { rules }),
    call: async () => {
      calls += 1;
      if (calls > 1) return { kind: 'unreachable', detail: 'this answer was the last one' };
      return { kind: 'answer', status: answer.status, headers: answer.headers, body: Buffer.from(answer.body) };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const providers = await createProviders([wanted.provider], { settings, definitions, http: replay, clock, rules });
  const provider = providers.get(wanted.provider);
  const definition = definitions.find(({ name }) => name === wanted.provider);
  if (provider === undefined || definition === undefined) return {};
  const request = requestFor(wanted.model, definition);
  using deadline = clock.deadline(patienceMs);
  const secret = new Secret('the-holder-of-the-lease-has-it');
  const asked =
    'generate' in provider
      ? await provider.generate(request, secret, deadline)
      : await provider.start(request, secret, deadline);
  // An adapter that refuses this request itself has not read the answer; its probe reads by the same tables.
  const reply = calls === 0 ? await provider.probe(secret, deadline) : asked;
  const seats = 'seats' in reply && reply.seats !== undefined ? { seats: reply.seats } : {};
  const window = 'window' in reply && reply.window !== undefined ? { window: reply.window } : {};
  return { ...(reply.ok || calls > 1 ? {} : { failure: reply.failure }), ...seats, ...window };
}

/** A request that the provider takes; nothing of it is sent. */
function requestFor(model: string | undefined, definition: ProviderDefinition): GenerationRequest {
  const row = definition.models.find((known) => known.model === model);
  const kind = jobKinds.find((known) => row !== undefined && makes(row, known)) ?? firstKind(definition);
  const name = model ?? definition.chains[kind]?.[0] ?? definition.models[0]?.model ?? 'model';
  return { kind, model: name, prompt: 'x', inputs: [] };
}

function firstKind({ chains, models }: ProviderDefinition): JobKind {
  const inChains = jobKinds.find((kind) => (chains[kind] ?? []).length > 0);
  return inChains ?? models[0]?.kind ?? defaultKind;
}
