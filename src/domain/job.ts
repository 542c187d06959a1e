import type { GenerationOptions } from './generation-options.ts';
import type { JobId } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { ProviderName } from './provider-name.ts';

export const jobKinds = ['image', 'video'] as const;
export type JobKind = (typeof jobKinds)[number];

export const lanes = ['premium', 'free'] as const;
export type Lane = (typeof lanes)[number];

/** Where in Telegram a job came from and where its answers go. */
export type Origin = {
  readonly chatId: number;
  readonly chatType: 'private' | 'group';
  readonly userId: number;
  /** The message that asked. */
  readonly messageId: number;
  /** The forum topic, when there is one. */
  readonly threadId?: number;
};

/** What one person asked for. */
export type JobRequest = {
  readonly kind: JobKind;
  readonly prompt: string;
  /** Absent when nothing was asked for beside the words. */
  readonly options?: GenerationOptions;
  readonly lane: Lane;
  readonly locale: string;
  readonly origin: Origin;
  /** Telegram's id of the update that asked: the same update never makes two jobs. */
  readonly updateId: number;
};

/** What a job has used up so far; it survives parking and restarts. */
export type Progress = {
  /** Index of the current candidate in that part of the kind's chain that can follow the job's options. */
  readonly candidate: number;
  /** Attempts spent on the current candidate. */
  readonly attempts: number;
  /** Provider calls made in all. */
  readonly calls: number;
  /** Those of the calls that met a silent provider: they cost no attempt; absent when none did. */
  readonly probes?: number;
};

/** Why a waiting job is not handed out before its time. */
export type ParkReason = 'keys-cooling' | 'keys-busy' | 'backing-off' | 'next-candidate' | 'provider-silent';

/**
 * Accepted -> `waiting` (perhaps not before `readyAtMs`) -> `running` under a fence -> back to `waiting` (parked, handed
 * back) or -> `ended` (its outcome is known, the person is not told yet) -> `told`. No state is left backwards except by
 * parking and by a restart.
 */
export type JobState =
  | { readonly kind: 'waiting'; readonly readyAtMs: number; readonly reason?: ParkReason }
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  | { readonly kind: 'told'; readonly outcome: Outcome };

export type Job = JobRequest & {
  readonly id: JobId;
  readonly line: ProviderName;
  readonly state: JobState;
  readonly progress: Progress;
  readonly acceptedAtMs: number;
  /** First time a line claimed it; its own deadline counts from here. */
  readonly claimedAtMs?: number;
  /** Telegram's id of the status message, once it was sent. */
  readonly receiptId?: number;
};
