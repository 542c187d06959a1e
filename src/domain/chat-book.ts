/** What Telegram said of a chat. */
export type ChatEntry = {
  /** The bot may not write there: it was blocked, shown out, or the chat is gone. */
  readonly isClosed: boolean;
  /** A group that became a supergroup lives on under this id. */
  readonly movedTo?: number;
};

/** What is remembered of chats across restarts; a chat that nothing is known of is open and where it was. */
export type ChatBook = {
  find(chatId: number): Promise<ChatEntry>;
  close(chatId: number, nowMs: number): Promise<void>;
  /** Somebody wrote there, so the bot may as well. */
  open(chatId: number): Promise<void>;
  move(chatId: number, movedTo: number): Promise<void>;
};
