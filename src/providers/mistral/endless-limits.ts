import type { ProviderReply, SecretValue, SynchronousProvider } from '../../domain/provider.ts';

/** So many limits in a row, without an answer between them, are no pace. */
export const maxLimitsInARow = 6;

/**
 * A free plan answers every call to a larger model with a rate limit that never ends (429, code 1300). After a row of them
 * without one answer the model counts as not in the plan of the key: the key goes on with other models. The rows are
 * counted by key and model, and forgotten when the process ends.
 */
export function withEndlessLimits(provider: SynchronousProvider): SynchronousProvider {
  const rows = new WeakMap<SecretValue, Map<string, number>>();
  const judged = (reply: ProviderReply, model: string, secret: SecretValue): ProviderReply => {
    const counts = rows.get(secret) ?? new Map<string, number>();
    rows.set(secret, counts);
    if (reply.ok || reply.failure.reason !== 'rate-limited') {
      if (reply.ok) counts.delete(model);
      return reply;
    }
    const inARow = (counts.get(model) ?? 0) + 1;
    counts.set(model, inARow);
    if (inARow < maxLimitsInARow) return reply;
    counts.delete(model);
    const detail = `${inARow} rate limits in a row and no answer: the plan may not have the model (${reply.failure.detail})`;
    return { ok: false, failure: { blame: 'key', reason: 'not-entitled', sureness: 'likely', detail } };
  };
  return {
    ...provider,
    generate: async (request, secret, signal, onText) =>
      judged(await provider.generate(request, secret, signal, onText), request.model, secret),
  };
}
