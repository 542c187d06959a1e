import type { BytezCall } from '../sandbox/bytez/call-log.ts';
import type { BytezFault } from '../sandbox/bytez/bytez-fault.ts';
import type { TelegramFault } from '../sandbox/telegram/faults.ts';

/** Percentages of calls that fail, by kind: seventy in all. */
const providerShares: readonly (readonly [number, BytezFault['do']])[] = [
  [20, { kind: 'status', status: 500 }],
  [15, { kind: 'status', status: 503 }],
  [10, { kind: 'cut' }],
  [7, { kind: 'rate-limited', retryAfterS: 0.2 }],
  [8, { kind: 'error-200', error: 'The run failed' }],
  [5, { kind: 'truncated' }],
  [5, { kind: 'bad-json' }],
];

/** Single calls of Telegram that fail. */
export const telegramFaults: readonly TelegramFault[] = [
  { method: /^(?:send|edit|answer)/, share: 0.02, do: { kind: '429', retryAfterS: 1 } },
  { method: /^(?:send|edit|answer|getUpdates)/, share: 0.01, do: { kind: '5xx', status: 502 } },
  { method: /^(?:send|edit|answer|getUpdates)/, share: 0.01, do: { kind: 'cut-after' } },
];

/** Faults of an account, seventy calls of a hundred fail: the share of each among those that the earlier faults leave. */
export function providerFaults(): readonly BytezFault[] {
  let left = 100;
  return providerShares.map(([share, deed]) => {
    const fault: BytezFault = { do: deed, when: { share: share / left } };
    left -= share;
    return fault;
  });
}

/** Whether a call of the provider gave no picture. */
export function hasFailed({ status, fault }: BytezCall): boolean {
  return status !== 200 || fault === 'error-200' || fault === 'truncated' || fault === 'bad-json';
}
