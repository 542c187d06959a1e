import type { FailureCode } from './failure.ts';
import type { MediaFile, MediaKind } from './media.ts';
import type { JobId, ProviderName } from './ids.ts';

export const aspects = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] as const;
/** Width to height. */
export type Aspect = (typeof aspects)[number];

/** The options of a request, in addition to its prompt. */
export type GenerationOptions = {
  /** One of the chain's models, by its whole name; no other one is asked. */
  readonly model?: string;
  readonly aspect?: Aspect;
  /** 0 to 2^53 - 1; the same seed and words give the same picture. */
  readonly seed?: number;
  /** What should not be seen. */
  readonly negative?: string;
};

/** The options as people write them: `--model`, `--aspect`, `--seed`, `--no`. */
export const optionNames = ['model', 'aspect', 'seed', 'no'] as const;
export type OptionName = (typeof optionNames)[number];

/** Why options cannot be followed; whatever the person wrote is data, to be shown with care. */
export type OptionMistake =
  | { readonly kind: 'unknown-option'; readonly written: string }
  | { readonly kind: 'missing-value' | 'open-quote' | 'twice'; readonly option: OptionName }
  | { readonly kind: 'bad-seed' | 'bad-aspect'; readonly written: string }
  | { readonly kind: 'unknown-model'; readonly written: string; readonly models: readonly string[] }
  /** The model asked for, or every model there is, cannot do this; `takes` is what it can. */
  | {
      readonly kind: 'not-taken';
      readonly option: OptionName;
      readonly model?: string;
      readonly takes: readonly OptionName[];
    };

/** What was made. */
export type ResultPayload =
  | { readonly kind: 'file'; readonly file: MediaFile }
  /** In the provider's order. */
  | { readonly kind: 'files'; readonly files: readonly [MediaFile, MediaFile, ...MediaFile[]] }
  /** As the provider wrote it: not escaped, of any length. */
  | { readonly kind: 'text'; readonly text: string };

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly payload: ResultPayload; readonly model: string }
  | {
      readonly kind: 'failed';
      readonly code: Exclude<FailureCode, 'cancelled'>;
      /** When it is worth asking again, as far as that is known. Milliseconds since 1970. */
      readonly againAtMs?: number;
    }
  | { readonly kind: 'cancelled' };

/** The files of a result, none where it is words. */
export function filesOf(payload: ResultPayload): readonly MediaFile[] {
  switch (payload.kind) {
    case 'file':
      return [payload.file];
    case 'files':
      return payload.files;
    case 'text':
      return [];
  }
}

/** One file as it is, several as several. */
export function payloadOf([first, second, ...others]: readonly [MediaFile, ...MediaFile[]]): ResultPayload {
  return second === undefined ? { kind: 'file', file: first } : { kind: 'files', files: [first, second, ...others] };
}

/** What a result is and its size together, for a line of a log or a table. */
export function sizeOf(payload: ResultPayload): { readonly mime: string; readonly bytes: number } {
  const files = filesOf(payload);
  const text = payload.kind === 'text' ? Buffer.byteLength(payload.text) : 0;
  return { mime: files[0]?.mime ?? 'text/plain', bytes: files.reduce((sum, file) => sum + file.bytes, text) };
}

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
  /** The conversation in the direct messages of a channel, when it is one. */
  readonly directTopicId?: number;
};

/**
 * Why an outcome is kept and not delivered. `unsure`: it was sent twice and may have arrived, so only its person can ask
 * for it again. `closed`: the bot may not write there; it is delivered when the chat opens.
 */
export type HeldReason = 'unsure' | 'closed';

/** What one person asked for. */
export type JobRequest = {
  readonly kind: JobKind;
  readonly prompt: string;
  /** Absent when the request has no options. */
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
  readonly statusMessageId?: number;
  /** How often Telegram has failed to take its outcome; absent when it never has. */
  readonly deliveryTries?: number;
  /** The outcome is not sent again before this moment. Milliseconds since 1970. */
  readonly deliverAtMs?: number;
  /** Told, but the outcome may not have reached the person. */
  readonly held?: HeldReason;
};

/** One entry of a chain: which model of which provider is asked. */
export type Candidate = {
  readonly provider: ProviderName;
  readonly model: string;
};

/** For each kind of request the candidates in the order in which they are asked; never empty. */
export type Chains = Readonly<Record<JobKind, readonly [Candidate, ...Candidate[]]>>;

export function candidateName(candidate: Candidate): string {
  return `${candidate.provider}:${candidate.model}`;
}

/** The Telegram message that carries a result; a file that does not fit into it goes as a document. */
export const carriers = ['photo', 'video', 'audio', 'voice', 'document', 'text'] as const;
export type Carrier = (typeof carriers)[number];

/** A setting in seconds and the value that holds without it. */
type SecondsSetting = { readonly variable: `${string}_S`; readonly defaultMs: number };

/**
 * Everything in which one kind of request differs from another. Nothing else switches on the kind: a new kind is a name
 * in `jobKinds`, a row here, and the messages that the compiler and the locale test then ask for.
 */
export type KindTraits = {
  /** The Telegram command, without its slash. */
  readonly command: string;
  /** The variable that names the kind's candidates. */
  readonly chainVariable: `${string}_CHAIN`;
  /** What a job weighs in the fair order and against the queue; a picture weighs 1. */
  readonly cost: number;
  /** How long one provider call may take. */
  readonly timeout: SecondsSetting;
  /** How long a job may take from its first claim. */
  readonly deadline: SecondsSetting;
  /** How many a person may ask for in one day: `FREE_<noun>_PER_DAY`; -1 is without limit. */
  readonly quota: { readonly noun: Uppercase<string>; readonly perDay: Readonly<Record<Lane, number>> };
  readonly carrier: Carrier;
  /** What the bytes of a result may be; anything else is refused. Empty where the result is words. */
  readonly accepts: readonly MediaKind[];
  /** Single MIME types that are accepted besides. */
  readonly alsoAccepts: readonly string[];
  /** The largest result that is kept. */
  readonly maxBytes: number;
  /** How long one download of a result may take. */
  readonly downloadMs: number;
};

export const kindTraits = {
  image: {
    command: 'generate',
    chainVariable: 'IMAGE_CHAIN',
    cost: 1,
    timeout: { variable: 'IMAGE_TIMEOUT_S', defaultMs: 90_000 },
    deadline: { variable: 'IMAGE_DEADLINE_S', defaultMs: 600_000 },
    quota: { noun: 'IMAGES', perDay: { free: 20, premium: -1 } },
    carrier: 'photo',
    accepts: ['image'],
    alsoAccepts: [],
    maxBytes: 50_000_000,
    downloadMs: 60_000,
  },
  video: {
    command: 'video',
    chainVariable: 'VIDEO_CHAIN',
    // About four pictures' time.
    cost: 4,
    timeout: { variable: 'VIDEO_TIMEOUT_S', defaultMs: 180_000 },
    deadline: { variable: 'VIDEO_DEADLINE_S', defaultMs: 1_800_000 },
    quota: { noun: 'VIDEOS', perDay: { free: 3, premium: 20 } },
    carrier: 'video',
    accepts: ['video'],
    // What moves without being a video.
    alsoAccepts: ['image/gif'],
    maxBytes: 50_000_000,
    downloadMs: 120_000,
  },
} as const satisfies Record<JobKind, KindTraits>;

/** The kind of a request that names none. */
export const defaultKind: JobKind = 'image';

/** The commands that ask for a result, in the order of the kinds. */
export const kindCommands = jobKinds.map((kind) => kindTraits[kind].command);

/** The traits of a kind as every kind has them. */
export function traitsOf(kind: JobKind): KindTraits {
  return kindTraits[kind];
}

/** A value for each kind. */
export function perKind<Value>(valueOf: (kind: JobKind) => Value): Readonly<Record<JobKind, Value>> {
  return Object.fromEntries(jobKinds.map((kind) => [kind, valueOf(kind)])) as Record<JobKind, Value>;
}
