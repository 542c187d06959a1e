import type { AttemptFailure } from '../domain/failure.ts';
import type { MediaSource } from '../domain/media.ts';
import type { Json, Operation, ProviderReply, SecretValue, StatusReply } from '../domain/provider.ts';
import type { Complaint } from './classification/error-body.ts';
import { type Failed, type HttpAnswer, type KeyedClient, noPersonsText, withoutKeyInAddress } from './keyed-client.ts';

/** The provider says that the run has failed. */
export function ended(failure: AttemptFailure): Extract<StatusReply, { kind: 'ended' }> {
  return { kind: 'ended', reply: { ok: false, failure } };
}

/** A reply with one file or several; none where an address contains the key. */
export function repliedFiles(sources: readonly [MediaSource, ...MediaSource[]], secret: SecretValue): ProviderReply {
  const [first, ...others] = sources;
  for (const source of sources) {
    const safe = withoutKeyInAddress(source, secret);
    if (!safe.ok) return safe;
  }
  return { ok: true, source: others.length === 0 ? first : { kind: 'files', sources } };
}

const runIds = /^[\w-]{1,100}$/;

/** Returns the id of a run, if it may become part of an address and is not the key: an operation is stored. */
export function runId(value: unknown, secret: SecretValue): string | undefined {
  const key = secret.reveal();
  const isKey = typeof value === 'string' && key !== '' && value.includes(key);
  return typeof value === 'string' && runIds.test(value) && !isKey ? value : undefined;
}

/** Returns the id in a stored operation. */
export function idOf({ id }: Operation): string {
  if (typeof id === 'string' && runIds.test(id)) return id;
  throw new Error('Cannot follow the run: its operation has no id');
}

/** Returns a text of a stored operation. */
export function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * The failure that an answer about a run describes. The words of its request are not known any more and the answer may
 * repeat them, so all its words classify it and only its codes are told.
 */
export function failureOfRun(
  client: KeyedClient,
  answer: HttpAnswer,
  complaint: Complaint,
  secret: SecretValue,
): Failed {
  const names = [...complaint.codes, ...complaint.types].join(': ');
  const { failure } = client.failed(answer, complaint, secret, noPersonsText);
  const { detail } = client.failed(answer, { ...complaint, words: names }, secret, noPersonsText).failure;
  return { ok: false, failure: { ...failure, detail } };
}
