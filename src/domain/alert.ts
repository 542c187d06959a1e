import type { FailureReason, Kept } from './failure.ts';
import type { JobId, ProviderName } from './ids.ts';
import type { BucketFailure } from './media.ts';

export const alertSeverities = ['high', 'medium', 'low'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** What an operator should know; never a secret. */
export type AlertFacts =
  | { readonly kind: 'key-failing'; readonly keyName: string; readonly reason: FailureReason; readonly times: number }
  | { readonly kind: 'no-key-ready'; readonly provider: ProviderName; readonly keys: number }
  /** No call of the provider succeeded for a while: it is asked with single calls only. */
  | { readonly kind: 'provider-silent'; readonly provider: ProviderName }
  /** The free probes are answered, but not as this provider answers them: its base URL is probably wrong. */
  | { readonly kind: 'wrong-address'; readonly provider: ProviderName }
  /** Its keys are accepted, but it does not serve this model; others may be among them. */
  | { readonly kind: 'unknown-model'; readonly provider: ProviderName; readonly model: string }
  /** Its free probe accepts the keys, and yet it refuses whatever is asked of this model, without naming a cause. */
  | { readonly kind: 'model-closed'; readonly provider: ProviderName; readonly model: string }
  /** Its keys are accepted, and it serves no model of the chains. */
  | { readonly kind: 'provider-empty'; readonly provider: ProviderName }
  /** The model ends on that day (UTC), or has ended; what takes its place, where something does. */
  | {
      readonly kind: 'model-ends';
      readonly provider: ProviderName;
      readonly model: string;
      readonly endsOn: string;
      readonly replacedBy?: string;
    }
  /** The key ends on that day (UTC): it is not used from then on. */
  | { readonly kind: 'key-ends'; readonly provider: ProviderName; readonly keyName: string; readonly endsOn: string }
  /** Every call with this key to this model is limited, without one success: its plan does not include the model. */
  | {
      readonly kind: 'not-in-plan';
      readonly provider: ProviderName;
      readonly keyName: string;
      readonly model: string;
    }
  /** What was spent today nears its limit, or has reached it: then the provider, or every one, is not asked. US dollars. */
  | {
      readonly kind: 'budget';
      readonly of: ProviderName | 'all';
      readonly usd: number;
      readonly limit: number;
      readonly isSpent: boolean;
    }
  | { readonly kind: 'many-errors'; readonly provider: ProviderName; readonly share: number; readonly calls: number }
  /** The job is not tried any more: `processes` died while working on it; 0 when its row cannot be read. */
  | { readonly kind: 'job-dead-lettered'; readonly jobId: JobId; readonly processes: number }
  /** Telegram does not take outcomes: one is tried again only after minutes, or never. */
  | { readonly kind: 'results-not-arriving'; readonly jobId: JobId }
  /** Telegram asked for silence in a chat, or everywhere, for longer than it does now and then. */
  | { readonly kind: 'telegram-rate-limited'; readonly forMs: number }
  /** Another process takes the updates of this bot, by polling or by a webhook that it sets again and again. */
  | { readonly kind: 'updates-contested'; readonly by: 'poll' | 'webhook' }
  /** What must be kept cannot be written: requests are refused until it can. `onServer`: the database is no file of this machine. */
  | { readonly kind: 'storage-unavailable'; readonly what: Kept; readonly onServer?: true }
  /** Results are not copied to the bucket, or not deleted there; people get them all the same, without a link. */
  | { readonly kind: 'bucket-failing'; readonly why: BucketFailure }
  /** Somebody who is no admin asked for what only admins see. */
  | { readonly kind: 'unauthorized-admin-attempt'; readonly userId: number }
  /** A payment that did not go its usual way; `paymentId` is our number of it. */
  | {
      readonly kind: 'star-payment';
      readonly what: 'found' | 'unclear' | 'refunded';
      readonly paymentId: number;
      readonly userId: number;
      readonly stars: number;
    }
  | { readonly kind: 'slow'; readonly provider: ProviderName; readonly meanMs: number; readonly usualMs: number };

export const alertSeverity = {
  'key-failing': 'high',
  'no-key-ready': 'high',
  'provider-silent': 'high',
  'wrong-address': 'high',
  'unknown-model': 'medium',
  'model-closed': 'high',
  'provider-empty': 'medium',
  'model-ends': 'medium',
  'key-ends': 'medium',
  'not-in-plan': 'medium',
  budget: 'medium',
  'many-errors': 'medium',
  'job-dead-lettered': 'high',
  'results-not-arriving': 'high',
  'telegram-rate-limited': 'medium',
  'updates-contested': 'high',
  'storage-unavailable': 'high',
  'bucket-failing': 'medium',
  'unauthorized-admin-attempt': 'low',
  'star-payment': 'medium',
  slow: 'low',
} as const satisfies Record<AlertFacts['kind'], AlertSeverity>;

export type Alert = {
  /** The same for the same problem: it is raised once, and resolved once. */
  readonly id: string;
  readonly severity: AlertSeverity;
  readonly facts: AlertFacts;
};
