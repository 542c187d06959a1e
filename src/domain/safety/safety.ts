import type { FailureCode } from '../failure.ts';
import type { JobId } from '../ids.ts';
import type { Job, JobRequest } from '../job.ts';

/** What checks words before a provider is asked. */
export const moderators = ['words', 'openai', 'hook'] as const;
export type ModeratorName = (typeof moderators)[number];

/** What a moderator says of some words. `unclear`: it could not be asked; `detail` is for operators, without secrets. */
export type ModerationAnswer =
  | { readonly kind: 'allowed' | 'refused' }
  | { readonly kind: 'unclear'; readonly detail: string };

/** A service that is asked about words and pictures; `refused` where of one of them nothing may be made. */
export type Moderator = {
  readonly name: ModeratorName;
  /** Answers for everything that can go wrong on the way; rejects with the signal's reason alone. */
  check(texts: readonly string[], signal: AbortSignal, pictures?: readonly Uint8Array[]): Promise<ModerationAnswer>;
};

/** Why a person, or everybody in a group, may ask for nothing now. */
export type Barred =
  /** An admin's word, with the reason that they gave. */
  | { readonly kind: 'blocked'; readonly reason?: string }
  /** After several refusals in a short time; until then, in milliseconds since 1970. */
  | { readonly kind: 'resting'; readonly untilMs: number };

/** After so many refusals within the window a person asks for nothing for a while; 0 refusals is never. */
export type StrikeRules = { readonly max: number; readonly windowMs: number; readonly restMs: number };

/** Until when a person rests whose requests were refused at these moments; undefined where there were too few. */
export function restUntilMs(
  refusedAtMs: readonly number[],
  { max, windowMs, restMs }: StrikeRules,
): number | undefined {
  const lastMs = Math.max(...refusedAtMs);
  const recent = refusedAtMs.filter((atMs) => atMs > lastMs - windowMs);
  return max > 0 && recent.length >= max ? lastMs + restMs : undefined;
}

/** An admin's block of a person or a group. */
export type Block = { readonly id: number; readonly reason?: string; readonly sinceMs: number };

/** What stands against a person, or a group, now. */
export type Restrictions = {
  readonly block?: Block;
  /** While they rest after refusals; milliseconds since 1970. */
  readonly restUntilMs?: number;
  /** The refusals that still count. */
  readonly strikes: number;
};

/** What is kept for the safety of others; it outlives `/forget` and holds no words of a request. */
export type SafetyStore = {
  /** Why this person may ask for nothing in this chat. */
  barredFrom(userId: number, chatId: number, nowMs: number): Promise<Barred | undefined>;
  /** True when it is new; the reason is replaced where there was one. */
  block(block: Block): Promise<boolean>;
  /** Ends a block and a rest. True when there was one. */
  unblock(id: number): Promise<boolean>;
  blocks(): Promise<readonly Block[]>;
  /** What stands against a person or a group, refusals of the last `windowMs` counted. */
  restrictions(id: number, nowMs: number, windowMs: number): Promise<Restrictions>;
  /** The unfinished requests of a person, or of everybody in a group. */
  openJobsOf(id: number): Promise<readonly { readonly id: JobId; readonly userId: number }[]>;
  /** Counts the refusal of a request, once, and has its person rest where the rules say so; until when. */
  strike(userId: number, jobId: JobId, nowMs: number, rules: StrikeRules): Promise<number | undefined>;
  /** Notes that the person reports the result: whether they are the first, another one, or have done so before. */
  report(jobId: JobId, userId: number, nowMs: number): Promise<'first' | 'another' | 'again'>;
  /** How many people have reported the result. */
  reportsOf(jobId: JobId): Promise<number>;
};

/** Checks words before anybody is asked to make something of them. */
export type WordGuard = {
  /** Whether the words are on a list, which is known at once. */
  forbids(texts: readonly string[]): boolean;
  /** Whether services have to be asked, which takes a moment. */
  readonly asks: boolean;
  /** Why nothing may be made of the words and the pictures that go with them; `id` names the request in the log. */
  judge(
    id: JobId,
    texts: readonly string[],
    signal: AbortSignal,
    pictures?: readonly Uint8Array[],
  ): Promise<Refusing | undefined>;
  /** Why a job ends before a provider is asked for the first time. */
  readonly beforeStart: (job: Job, signal: AbortSignal) => Promise<Refusing | undefined>;
  /** Refuses a request whose words are on the list, before anything is stored or paid; it counts against its person. */
  refuseAtOnce(request: JobRequest): Promise<RefusedWords | undefined>;
  /** Counts a refused request against its person; until when they rest, if they do now. */
  strike(userId: number, id: JobId): Promise<number | undefined>;
};

/** A request that was not accepted for its words; until when its person rests, if they do now. */
export type RefusedWords = { readonly kind: 'refused'; readonly code: 'words'; readonly restUntilMs?: number };

/** `provider-down`: the words could not be checked, and the operator wants them checked. */
export type Refusing = Extract<FailureCode, 'refused' | 'provider-down'>;

/** The words of a request that are judged. What a person wants not to see says nothing against them. */
export function textsOf({ prompt, options }: Pick<JobRequest, 'prompt' | 'options'>): readonly string[] {
  return [prompt, options?.title, options?.style].filter((text) => text !== undefined);
}

/** What happens in the name of safety. */
export type SafetyEvent =
  | { readonly event: 'request.refused'; readonly jobId: JobId; readonly by: ModeratorName }
  /** A service cannot be asked; told once, until it answers again. */
  | {
      readonly event: 'moderation.failing';
      readonly by: ModeratorName;
      readonly detail: string;
      readonly lets: 'allow' | 'refuse';
    }
  | { readonly event: 'moderation.recovered'; readonly by: ModeratorName }
  | { readonly event: 'person.resting'; readonly userId: number; readonly untilMs: number }
  | { readonly event: 'result.reported'; readonly jobId: JobId; readonly reports: number };
