import type { MethodKind } from '../outbox/method-health.ts';

/**
 * A try to deliver an outcome that failed. `isUndone`: a server refused the message at once, so it was most likely not
 * sent; otherwise it may have arrived.
 */
export type FailedTry = { readonly kind: MethodKind; readonly isUndone: boolean };

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** An edit may be repeated without being seen twice: seconds at first, then minutes; about 100 minutes in all. */
const editDelaysMs = [
  ...[1, 2, 4, 8, 15, 30].map((seconds) => seconds * secondMs),
  ...[1, 2, 5].map((minutes) => minutes * minuteMs),
  ...Array.from({ length: 6 }, () => 15 * minuteMs),
];
/** Each repetition of a message could be seen, even if the first was most likely not sent. */
const undoneDelaysMs = [3 * secondMs, 30 * secondMs, ...[2, 5, 10, 15].map((minutes) => minutes * minuteMs)];
/** A message that may have arrived is repeated once, and waits for its kind of method to work again before. */
const unsureDelaysMs = [30 * secondMs, 2 * minuteMs, 5 * minuteMs] as const;

/** Milliseconds until the next try after this many failed ones; undefined when there is none. */
export function redeliveryDelayMs({ kind, isUndone }: FailedTry, tries: number): number | undefined {
  if (kind === 'edit-text' || kind === 'edit-media') return editDelaysMs[tries - 1];
  if (isUndone) return undoneDelaysMs[tries - 1];
  // The effect ledger ends these tries.
  return unsureDelaysMs[tries - 1] ?? unsureDelaysMs[2];
}

/** After this many tries a message that may have arrived is repeated even where its kind of method still fails. */
export const maxWaitsForRecovery = unsureDelaysMs.length;

/** A gateway that refuses a call is asked this often; then its refusal counts like one of Telegram. */
export const maxGatewayTries = 3;

/** What is not delivered by then is held, whatever the reason. */
export const maxDeliveryAgeMs = 24 * 60 * minuteMs;

/** The longest wait between two tries; a later stored one comes from a clock that was set back. */
export const maxRedeliveryDelayMs = 15 * minuteMs;
