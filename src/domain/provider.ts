import type { AttemptFailure } from './failure.ts';
import type { Candidate } from './job.ts';
import type { ToldWindow } from './key-state.ts';
import type { JobKind } from './kinds.ts';
import type { MediaFile, MediaSource } from './media.ts';
import type { ProviderName } from './ids.ts';

/** Every figure of a usage; where several runs are summed, one that no provider told is left out. */
export const usageFigures = ['cost', 'inputTokens', 'outputTokens', 'seconds', 'images', 'credits'] as const;

/** What one run used, as far as its provider says. */
export type Usage = {
  /** US dollars, as the provider states it; never worked out from a price. */
  readonly cost?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Seconds that the provider counts: of the video or sound made, or of computing, by its own tariff. */
  readonly seconds?: number;
  readonly images?: number;
  /** What the provider counts in where that is no currency: credits, kudos, neurons. */
  readonly credits?: number;
};

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * What a provider's adapter needs to find again the work that it has submitted. It is kept in the database: plain JSON,
 * without the key.
 */
export type Operation = { readonly [name: string]: Json };

/** Something that holds a secret and gives it only when asked by name; adapters are the only ones who ask. */
export type SecretValue = {
  reveal(): string;
};

/** In pixels. */
export type ImageSize = { readonly width: number; readonly height: number };

/** One thing that was said in a conversation. */
export type ChatTurn = { readonly role: 'person' | 'model'; readonly text: string };

/** The routes of OpenAI's API that programs ask with. */
export const relayRoutes = ['chat', 'responses', 'images', 'edits', 'speech'] as const;
export type RelayRoute = (typeof relayRoutes)[number];

/** A request in OpenAI's language, for the providers that speak it (`relays`): they are sent its fields unchanged. */
export type Relay = {
  readonly route: RelayRoute;
  /** Without the model. Of pictures and speech: what is said besides the prompt. */
  readonly fields: { readonly [name: string]: Json };
  /** Hears the data of each event of the answer unchanged, in order; absent where the answer is not to be streamed. */
  readonly onEvent?: (data: string) => void;
  /** Hears a whole answer as soon as it is known to be one; what is concluded from it comes after that. */
  readonly onWhole?: (body: Uint8Array) => void;
};

export type GenerationRequest = {
  readonly kind: JobKind;
  readonly model: string;
  readonly prompt: string;
  /** Pictures and the like that the result is made from, on this machine's disk; empty for words alone. */
  readonly inputs: readonly MediaFile[];
  /** What was said before in the conversation, oldest first, within the model's window; absent at its beginning. */
  readonly history?: readonly ChatTurn[];
  /** Only what the model is known to take; absent is the model's own choice. */
  readonly size?: ImageSize;
  readonly seed?: number;
  /** What should not be seen, or heard. */
  readonly negative?: string;
  /** Of a song. */
  readonly title?: string;
  /** How a song sounds; the prompt is then its lyrics. */
  readonly style?: string;
  /** Without a voice. */
  readonly instrumental?: true;
  /** Means nothing to a provider that does not relay its route. */
  readonly relay?: Relay;
};

/** Where the result is, or the result itself. */
export type ReplySource =
  | MediaSource
  /** Several results of one run, in their order. */
  | { readonly kind: 'files'; readonly sources: readonly [MediaSource, ...MediaSource[]] }
  | {
      readonly kind: 'text';
      readonly text: string;
      /** The rest is missing: the model or the connection stopped in the middle. */
      readonly isCut?: true;
      /** The answer as the provider wrote it, where it was relayed and came whole. */
      readonly relayed?: Uint8Array;
    };

/** Is given the whole text so far, as often as more of it arrives. */
export type OnText = (soFar: string) => void;

type Failed = { readonly ok: false; readonly failure: AttemptFailure };

/** Some providers say in their answers how many calls the account of the key may carry at once, or in a span of time. */
type ToldLimits = {
  readonly seats?: number;
  readonly window?: ToldWindow;
  /** The run waited because others of its account were under way: it shows no room for more of them. */
  readonly wasQueued?: true;
};

/** A whole answer. */
export type ProviderReply = ({ readonly ok: true; readonly source: ReplySource; readonly usage?: Usage } | Failed) &
  ToldLimits;

export type ProbeReply = ({ readonly ok: true } | Failed) & ToldLimits;

/** What is left on the account of a key. */
export type BalanceReply =
  | {
      readonly ok: true;
      readonly amount: number;
      /** A currency, as `USD`, or what the provider counts in, as `credits`. */
      readonly unit: string;
    }
  | Failed;

/** A model that a provider lists. */
export type ListedModel = {
  readonly model: string;
  /** The first day (UTC, `2026-12-01`) on which it is no longer served, where the provider tells. */
  readonly endsOn?: string;
};

/** The models that a provider serves to the account of a key. */
export type ModelsReply = { readonly ok: true; readonly models: readonly ListedModel[] } | Failed;

type Common = {
  readonly name: ProviderName;
  /** The routes of OpenAI's API on which it is sent a request unchanged; none when absent. */
  readonly relays?: ReadonlySet<RelayRoute>;
  /** Asks whether the key is accepted, without spending anything. */
  probe(secret: SecretValue, signal: AbortSignal): Promise<ProbeReply>;
  /** Asks what is left on the key's account, without spending anything; absent where the provider does not tell. */
  balance?(secret: SecretValue, signal: AbortSignal): Promise<BalanceReply>;
  /** Lists what is served, without spending anything; absent where the provider has no such list. */
  listModels?(secret: SecretValue, signal: AbortSignal): Promise<ModelsReply>;
};

/** A provider whose every run is one call. */
export type SynchronousProvider = Common & {
  /** `onText` hears a text while it is written; a provider that does not stream never calls it. */
  generate(
    request: GenerationRequest,
    secret: SecretValue,
    signal: AbortSignal,
    onText?: OnText,
  ): Promise<ProviderReply>;
};

/** The provider has taken the work on. */
export type Submitted = {
  readonly ok: true;
  readonly operation: Operation;
  /** When the provider wants to be asked about it for the first time. */
  readonly askAgainInMs?: number;
};

/** Where submitted work stands in the queue of its provider, as far as the provider tells. */
export type ProviderQueue = {
  /** How many runs of others come first. */
  readonly ahead?: number;
  /** When the provider expects to be done. */
  readonly inMs?: number;
};

/** How the submitted work stands. */
export type StatusReply =
  | ({
      readonly kind: 'running';
      readonly askAgainInMs?: number;
      /** It waits at a provider that queues what is more than the account may run at once, instead of refusing it. */
      readonly isQueued?: true;
    } & ProviderQueue)
  /** It is done, or the provider says that it has failed. */
  | { readonly kind: 'ended'; readonly reply: ProviderReply }
  /** The question went wrong, which says nothing of the work: cut, overloaded, too many questions. */
  | { readonly kind: 'unclear'; readonly failure: AttemptFailure };

/**
 * A provider whose runs outlive a call. The key that submitted a run is the one that asks about it and cancels it. `start`
 * may answer at once where a model does.
 */
export type AsynchronousProvider = Common & {
  start(
    request: GenerationRequest,
    secret: SecretValue,
    signal: AbortSignal,
    onText?: OnText,
  ): Promise<ProviderReply | Submitted>;
  status(operation: Operation, secret: SecretValue, signal: AbortSignal): Promise<StatusReply>;
  /**
   * True for a kind that may be submitted again when nobody knows whether the last submission arrived, because the process
   * ended meanwhile: its runs cost nothing, or end with the call. No kind when absent: a second run would be paid, too.
   */
  repeats?(kind: JobKind): boolean;
  /** Has the provider give up the run; absent where it cannot. */
  cancel?(operation: Operation, secret: SecretValue, signal: AbortSignal): Promise<void>;
};

/**
 * One provider, spelt in our words. Answers every reply it understood, a passed deadline included
 * (`AbortSignal.timeout` reasons named TimeoutError become `timed-out`); throws only the signal's reason when it was
 * aborted for another cause, or on a bug.
 */
export type Provider = SynchronousProvider | AsynchronousProvider;

/** The parameters that one model accepts in addition to the prompt; an unknown parameter makes its run fail. */
export type ModelTraits = {
  /** Its own size in pixels, and the multiple that its sides have to be of; absent where it has only one shape. */
  readonly size?: ImageSize & { readonly step: number };
  readonly seed: boolean;
  readonly negative: boolean;
  /** Of a model that answers questions: how much it reads and writes at once; 8,000 where nothing is known. */
  readonly contextTokens?: number;
  /** The options of songs that it follows. */
  readonly song?: readonly SongOption[];
  /** Of a model of videos: it also begins with a picture that is sent along. */
  readonly startsFromPicture?: true;
  /** Of a model of changes: it makes a picture larger, and changes nothing else in it. */
  readonly enlarges?: true;
};

export const songOptions = ['title', 'style', 'instrumental'] as const;
export type SongOption = (typeof songOptions)[number];

/** The price of a model, in US dollars. */
export type ModelPrice = {
  readonly usd: number;
  readonly per: 'call' | 'image' | 'second' | 'million-input-tokens' | 'million-output-tokens';
};

/** Who may use a model: everyone, people with premium, or these Telegram user ids. */
export type ModelAudience = 'everyone' | 'premium' | ReadonlySet<number>;

/** What is known of a model; its options always, the rest where the provider's definition or the models table says it. */
export type ModelFacts = ModelTraits & {
  /** Its name as people know it. */
  readonly label?: string;
  /** Absent where it is not known until an answer tells it. */
  /** One price, or one for what is read and one for what is written. */
  readonly price?: ModelPrice | readonly ModelPrice[];
  /** The usual duration of a run. */
  readonly usualMs?: number;
  /** Everyone, when absent. */
  readonly audience?: ModelAudience;
  /** Takes its place when it is gone. */
  readonly replacedBy?: Candidate;
  /** The first day (UTC, `2026-12-01`) on which the provider no longer serves it. */
  readonly endsOn?: string;
};

/** What is known of a candidate's model; of an unknown one, what its provider assumes. */
export type ModelLookup = (candidate: Candidate) => ModelFacts;

/** A model that follows nothing but the words. */
export const textOnly: ModelTraits = { seed: false, negative: false };
