import type { FailureCode } from './failure.ts';
import type { MediaFile } from './media.ts';
import { type JobId, jobId, type ProviderName } from './ids.ts';
import { type JobKind, kindTraits, type Lane, type StyleName } from './kinds.ts';

export const aspects = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] as const;
/** Width to height. */
export type Aspect = (typeof aspects)[number];

/** The options of a request, in addition to its prompt. */
export type GenerationOptions = {
  /** One of the chain's models, by its whole name; no other one is asked. */
  readonly model?: string;
  /** One of the chain's models, which is asked before the others: the person's own choice. */
  readonly preferred?: string;
  readonly aspect?: Aspect;
  /** 0 to 2^53 - 1; the same seed and words give the same picture. */
  readonly seed?: number;
  /** The seed that was chosen where the person named none: models that take one get it, and others may be asked too. */
  readonly chosenSeed?: number;
  /** What should not be seen, or heard. */
  readonly negative?: string;
  /** Of a song. */
  readonly title?: string;
  /** Of a song: how it sounds, in words; the words of the request are then its lyrics. */
  readonly style?: string;
  /** Of what is seen: a look from the table of styles. */
  readonly preset?: StyleName;
  /** A song that nobody sings. */
  readonly instrumental?: true;
  /** Of what is seen: hidden until somebody taps it. */
  readonly spoiler?: true;
  /** Of a video: it begins with the picture that is kept with the request. */
  readonly fromPicture?: true;
  /** Of a change: the picture becomes larger, and nothing else. */
  readonly enlarge?: true;
};

/** The options as people write them: `--model`, `--aspect`, `--seed`, `--no` and so on. */
export const optionNames = ['model', 'aspect', 'seed', 'no', 'title', 'style', 'instrumental', 'spoiler'] as const;
export type OptionName = (typeof optionNames)[number];

/** The options that are said by their name alone. */
export const flagNames: ReadonlySet<OptionName> = new Set(['instrumental', 'spoiler']);

/** Why options cannot be followed; whatever the person wrote is data, to be shown with care. */
export type OptionMistake =
  | { readonly kind: 'unknown-option'; readonly written: string }
  | { readonly kind: 'missing-value' | 'open-quote' | 'twice'; readonly option: OptionName }
  | { readonly kind: 'bad-seed' | 'bad-aspect'; readonly written: string }
  | { readonly kind: 'unknown-model'; readonly written: string; readonly models: readonly string[] }
  | { readonly kind: 'unknown-style'; readonly written: string; readonly styles: readonly StyleName[] }
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
  | { readonly kind: 'text'; readonly text: string; readonly isCut?: true };

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

/** Where in Telegram a job came from and where its answers go. */
export type Origin = {
  readonly chatId: number;
  readonly chatType: 'private' | 'group';
  readonly userId: number;
  /** The message that asked; where a button did, the message of the bot with the button. */
  readonly messageId: number;
  /** A button asked. */
  readonly pressed?: true;
  /** The forum topic, when there is one. */
  readonly threadId?: number;
  /** The conversation in the direct messages of a channel, when it is one. */
  readonly directTopicId?: number;
};

/** Whose place in the fair order a request takes: its person, or in a group the group, whose members share one place. */
export function turnOf({ chatType, chatId, userId }: Pick<Origin, 'chatType' | 'chatId' | 'userId'>): number {
  return chatType === 'group' ? chatId : userId;
}

/**
 * Why an outcome is kept and not delivered. `unsure`: it was sent twice and may have arrived, so only its person can ask
 * for it again. `closed`: the bot may not write there; it is delivered when the chat opens.
 */
export type HeldReason = 'unsure' | 'closed';

/** How the result of a request is to be delivered and kept, as its person wished when they asked. */
export type Wishes = {
  /** As a document, untouched by Telegram. */
  readonly asFile?: true;
  /** Without a sound, and without the reply after a long wait. */
  readonly quiet?: true;
  /** Not in the person's history, and so not in inline mode either. */
  readonly isPrivate?: true;
};

/** What one person asked for. */
export type JobRequest = {
  readonly kind: JobKind;
  readonly prompt: string;
  /** Absent when the request has no options. */
  readonly options?: GenerationOptions;
  readonly lane: Lane;
  readonly locale: string;
  readonly origin: Origin;
  /** Telegram's id of the update that asked: the same update never makes two jobs, or two albums. */
  readonly updateId: number;
  /** Several of the same, each a job of its own with its own credit; they are accepted and shown together. */
  readonly album?: { readonly size: number };
  /** How the result is to be delivered and kept; absent where the person wishes for nothing. */
  readonly wishes?: Wishes;
};

/** The jobs of an album, in order: the first one is named after the update, the others after the first. */
export function albumIds(first: JobId, size = 1): readonly JobId[] {
  return Array.from({ length: size }, (_, place) => (place === 0 ? first : jobId(`${first}-${place}`)));
}

/** The first job of the album of this one; a job outside of albums is its own. */
export function firstOfAlbum(id: JobId): JobId {
  return jobId(/^(tg-\d+)-\d+$/.exec(id)?.[1] ?? id);
}

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
  /** How many results of bought packs pay for it; absent where the day's allowance does. */
  readonly packResults?: number;
};

/** One entry of a chain: which model of which provider is asked. */
export type Candidate = {
  readonly provider: ProviderName;
  readonly model: string;
};

/** For each kind of request the candidates in the order in which they are asked; empty for one that nobody can make. */
export type Chains = Readonly<Record<JobKind, readonly Candidate[]>>;

export function candidateName(candidate: Candidate): string {
  return `${candidate.provider}:${candidate.model}`;
}

/**
 * What a name stands for: a provider (then without a model), `provider:model` or `provider/model`, or a model, which each
 * of its providers in the chains serves. Empty for a name that is none of these.
 */
export function candidatesNamed(
  name: string,
  chains: Chains,
  providers: ReadonlySet<ProviderName>,
): readonly (Pick<Candidate, 'provider'> & Partial<Candidate>)[] {
  if (providers.has(name)) return [{ provider: name }];
  const served = Object.values(chains).flat();
  const inChains = served.filter(
    (candidate, index) =>
      candidate.model === name &&
      served.findIndex(({ provider, model }) => provider === candidate.provider && model === name) === index,
  );
  if (inChains.length > 0) return inChains;
  const [, provider = '', model = ''] = /^([a-z0-9_-]{1,40})[:/](.+)$/.exec(name) ?? [];
  return providers.has(provider) ? [{ provider, model }] : [];
}

/** Moments of a job's life between which it changes hands: at each of them a process may die. */
export const checkpoints = [
  'accepted',
  'claimed',
  'call-noted',
  'calling',
  'answered',
  'downloading',
  'file-kept',
  'settled',
  'delivering',
  'delivered-not-told',
] as const;

/** As well, at providers whose runs outlive a call: the run is submitted and known. */
export const operationCheckpoints = ['submitted'] as const;
export type Checkpoint = (typeof checkpoints)[number] | (typeof operationCheckpoints)[number];

/** Called when a job comes to the point; tests end the process there. */
export type OnCheckpoint = (point: Checkpoint, jobId: JobId) => void;

/**
 * Whether the model is one for what is done with a picture: a video that begins with it needs a model that can, and a picture
 * becomes larger with those models alone that do nothing else.
 */
export function isForPicture(
  { enlarges, startsFromPicture }: { readonly enlarges?: true; readonly startsFromPicture?: true },
  { enlarge, fromPicture }: GenerationOptions = {},
): boolean {
  return enlarges === enlarge && (fromPicture === undefined || startsFromPicture === true);
}

/** Whether a picture is kept with the request, which its result is made from. */
export function isMadeFromPicture({ kind, options }: Pick<Job, 'kind' | 'options'>): boolean {
  return kindTraits[kind].needs === 'picture' || options?.fromPicture === true;
}
