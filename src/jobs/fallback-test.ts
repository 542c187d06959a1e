import { z } from 'zod';
import type { AttemptFailure } from '../domain/failure.ts';
import { jobId, type KeyId } from '../domain/ids.ts';
import type { KeyLeases, SeatAnswer } from '../domain/key-leases.ts';
import type { GenerationRequest, Provider, ReplySource, SecretValue } from '../domain/provider.ts';
import type { Clock } from '../kit/clock.ts';

/** One call of a test: which key, and how it went. */
export type FallbackCall = { readonly keyName: string; readonly ms: number } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly failure: AttemptFailure }
);

export type FallbackResult =
  | { readonly kind: 'answered'; readonly trail: readonly FallbackCall[]; readonly made: Made }
  | {
      readonly kind: 'failed';
      readonly trail: readonly FallbackCall[];
      readonly why: 'refused' | 'no-seat' | 'cannot-list';
    };

/** What the last call gave: words, how many files, or how many models. */
export type Made =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'files'; readonly files: number }
  | { readonly kind: 'models'; readonly models: number };

export type FallbackTest =
  | { readonly type: 'models' }
  | { readonly type: 'generate'; readonly request: GenerationRequest };

type Tools = {
  readonly pool: Pick<KeyLeases, 'acquire'>;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly newId: () => string;
};

const maxCalls = 10;
const callTimeoutMs = 90_000;

/**
 * Makes one real call the way every call is made: a seat of the pool, the provider's adapter, a verdict for the key; a
 * call that fails goes on with another key, until one is answered, the request itself is refused or no key is left. The
 * pool learns from it. Rejects with the signal's reason.
 */
export async function testFallback(test: FallbackTest, signal: AbortSignal, tools: Tools): Promise<FallbackResult> {
  const { pool, provider, clock, newId } = tools;
  if (test.type === 'models' && provider.listModels === undefined)
    return { kind: 'failed', trail: [], why: 'cannot-list' };
  const trail: FallbackCall[] = [];
  const tried = new Set<KeyId>();
  const id = jobId(`test:${newId()}`);
  const seat = (): Promise<SeatAnswer> => {
    const wanted = test.type === 'models' ? {} : { model: test.request.model, job: test.request.kind };
    return pool.acquire(provider.name, { ...wanted, evenSlow: true, without: tried });
  };
  while (trail.length < maxCalls) {
    signal.throwIfAborted();
    const answer = await seat();
    if (answer.kind !== 'seat') return { kind: 'failed', trail, why: 'no-seat' };
    const { lease } = answer;
    tried.add(lease.keyId);
    const startedMs = clock.monotonicMs();
    const facts = test.type === 'models' ? {} : { model: test.request.model, job: test.request.kind };
    let isBack = false;
    try {
      using deadline = clock.deadline(callTimeoutMs, signal);
      const reply = await callOf(test, provider, lease.secret, deadline);
      const ms = Math.round(clock.monotonicMs() - startedMs);
      isBack = true;
      if (reply.ok) {
        // A list of models is no run: it says nothing of how long one takes.
        lease.release(test.type === 'models' ? { kind: 'unused' } : { kind: 'succeeded', ms, ...facts });
        trail.push({ keyName: lease.keyName, ms, ok: true });
        return { kind: 'answered', trail, made: reply.made };
      }
      const { failure } = reply;
      lease.release({ kind: 'failed', failure, ms, jobId: id, ...facts });
      trail.push({ keyName: lease.keyName, ms, ok: false, failure });
      if (failure.blame === 'request') return { kind: 'failed', trail, why: 'refused' };
    } finally {
      if (!isBack) lease.release({ kind: 'unused' });
    }
  }
  return { kind: 'failed', trail, why: 'no-seat' };
}

type Reply = { readonly ok: true; readonly made: Made } | { readonly ok: false; readonly failure: AttemptFailure };

async function callOf(
  test: FallbackTest,
  provider: Provider,
  secret: SecretValue,
  deadline: AbortSignal,
): Promise<Reply> {
  if (test.type === 'models') {
    const listed = await provider.listModels?.(secret, deadline);
    if (listed?.ok !== true) return { ok: false, failure: listed?.failure ?? noList };
    return { ok: true, made: { kind: 'models', models: listed.models.length } };
  }
  const reply =
    'generate' in provider
      ? await provider.generate(test.request, secret, deadline)
      : await provider.start(test.request, secret, deadline);
  if (!reply.ok) return { ok: false, failure: reply.failure };
  return { ok: true, made: 'source' in reply ? madeOf(reply.source) : { kind: 'files', files: 0 } };
}

const noList: AttemptFailure = { blame: 'provider', reason: 'unrecognized', detail: 'it has no list of models' };

function madeOf(source: ReplySource): Made {
  if (source.kind === 'text')
    return { kind: 'text', text: source.relayed === undefined ? source.text : wordsIn(source.relayed) };
  return { kind: 'files', files: source.kind === 'files' ? source.sources.length : 1 };
}

const relayedAnswer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
});

/** The words of an answer that came unchanged from a provider that speaks OpenAI's language. */
function wordsIn(relayed: Uint8Array): string {
  try {
    const read = relayedAnswer.safeParse(JSON.parse(Buffer.from(relayed).toString('utf8')));
    return read.success ? (read.data.choices[0]?.message.content ?? '') : '';
  } catch {
    return '';
  }
}
