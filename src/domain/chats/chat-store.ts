import type { JobId } from '../ids.ts';
import type { Lane } from '../kinds.ts';

/** What Telegram said of a chat. */
export type ChatEntry = {
  /** The bot may not write there: it was blocked, shown out, or the chat is gone. */
  readonly isClosed: boolean;
  /** A group that became a supergroup lives on under this id. */
  readonly movedTo?: number;
};

/** What is remembered of chats across restarts; a chat that nothing is known of is open and where it was. */
export type ChatStore = {
  /** True once the command lists of other languages were deleted for this bot. */
  wereMenusDeleted(): Promise<boolean>;
  noteMenusDeleted(): Promise<void>;
  find(chatId: number): Promise<ChatEntry>;
  close(chatId: number, nowMs: number): Promise<void>;
  /** Somebody wrote there, so the bot may as well. */
  open(chatId: number): Promise<void>;
  move(chatId: number, movedTo: number): Promise<void>;
  /** What Telegram refuses there for now: the names given to `limit` whose time has not come. */
  limits(chatId: number, nowMs: number): Promise<ReadonlySet<string>>;
  /** Remembers until then that something is refused there. */
  limit(chatId: number, what: ChatLimit, untilMs: number): Promise<void>;
  /** What this person asked there before does not count for what they ask from now on. */
  startConversation(chatId: number, userId: number, nowMs: number): Promise<void>;
  /** One limit is over, or all of the chat. */
  lift(chatId: number, what?: ChatLimit): Promise<void>;
};

/** A closed topic, or a kind of message that the bot may not send in the chat. */
export type ChatLimit = `topic ${number}` | `carrier ${string}`;

/** One unfinished dialogue as it was kept. */
export type KeptDialogue = {
  /** What the dialogue needs to go on; JSON, never a secret. */
  readonly state: string;
  readonly writtenAtMs: number;
};

/** Unfinished dialogues by key; a dialogue without a step for seven days is dropped. */
export type DialogueStore = {
  read(key: string): Promise<KeptDialogue | undefined>;
  write(key: string, state: string, nowMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  purge(nowMs: number): Promise<void>;
};

/** What Telegram may ask to be left alone: a chat by its id, a method that belongs to none, or all of it. */
export type HeldPlace = number | string;

export type Rest = { readonly place: HeldPlace; readonly untilMs: number };

/** Until when Telegram wants no calls, across restarts: calling too early makes the wait longer. */
export type RetryAfterStore = {
  /** Returns the waits that are not over. */
  active(nowMs: number): Promise<readonly Rest[]>;
  /** Stores the wait; a longer stored one stays. */
  keep(rest: Rest, nowMs: number): Promise<void>;
};

/** A list of requests that a person was shown, as long as it has buttons to cancel some of them. */
export type StatusList = {
  readonly chatId: number;
  readonly messageId: number;
  readonly userId: number;
  readonly locale: string;
  readonly lane: Lane;
  /** The list shows the calls of each request, as for admins. */
  readonly withCalls: boolean;
  /** The requests that it offers to cancel. */
  readonly jobs: readonly JobId[];
  /** A later list of the person stands below it in the chat. */
  readonly isOld: boolean;
};

/** The lists that people were shown, across restarts: at most one of a person in a chat that is not old. */
export type StatusListStore = {
  /** Stores the list in place of its earlier state, or forgets it when it offers nothing; earlier ones are old from now on. */
  keep(list: Omit<StatusList, 'isOld'>): Promise<void>;
  find(chatId: number, messageId: number): Promise<StatusList | undefined>;
  /** Returns the lists, of one person or of all, that are old or offer to cancel a request that has ended. */
  stale(userId?: number): Promise<readonly StatusList[]>;
  /** Forgets the list: its message has no such buttons any more, or cannot be changed. */
  delete(chatId: number, messageId: number): Promise<void>;
};
