/** One unfinished dialogue as it was kept. */
export type KeptDialogue = {
  /** What the dialogue needs to go on; JSON, never a secret. */
  readonly state: string;
  readonly writtenAtMs: number;
};

/** Unfinished dialogues, one a key; a dialogue that nobody went on with for seven days is dropped. */
export type DialogueStore = {
  read(key: string): Promise<KeptDialogue | undefined>;
  write(key: string, state: string, nowMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  purge(nowMs: number): Promise<void>;
};
