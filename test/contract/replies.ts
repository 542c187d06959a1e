import { expect } from 'vitest';
import type { AsynchronousProvider, GenerationRequest, Operation, SecretValue } from '../../src/domain/provider.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';

/** A failure with any detail; `more` are further fields of the failure. */
export function failed(blame: string, reason: string, more: object = {}): object {
  return { ok: false, failure: { blame, reason, detail: expect.any(String) as unknown, ...more } };
}

/** The operation of a run that the provider has taken. */
export async function submit(
  provider: AsynchronousProvider,
  request: GenerationRequest,
  secret: SecretValue,
): Promise<Operation> {
  const reply = await provider.start(request, secret, new AbortController().signal);
  if (!('operation' in reply)) throw new Error(`Cannot submit: ${JSON.stringify(reply)}`);
  return reply.operation;
}

const cancelled = new Error('Cancelled by the person');

/** How a call ends that is aborted at its deadline, and one that is aborted for another reason. */
export async function endsByAbort(call: (signal: AbortSignal) => Promise<object>): Promise<readonly unknown[]> {
  const late = new AbortController();
  const reply = call(late.signal);
  late.abort(new DOMException('Too late', 'TimeoutError'));
  return [await reply, await call(AbortSignal.abort(cancelled)).catch((reason: unknown) => reason)];
}

/** What `endsByAbort` returns where the rules of the port are kept. */
export const obeyedAborts: readonly unknown[] = [failed('provider', 'timed-out'), cancelled];

/**
 * A client whose answers all come at this moment: a wait is counted from the date of the answer, which a stand-in takes from
 * the machine, and near midnight or the end of a month it would be another kind of wait.
 */
export function answeredAt(client: HttpClient, atMs: number): HttpClient {
  const call: HttpClient['call'] = async (wanted) => {
    const reply = await client.call(wanted);
    if (reply.kind !== 'answer') return reply;
    return { ...reply, headers: { ...reply.headers, date: new Date(atMs).toUTCString() } };
  };
  return { ...client, call };
}
