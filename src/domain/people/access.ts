/** Who may use the bot: everybody; only those who are listed; these and those whom an admin let in. */
export const accessModes = ['open', 'list', 'request'] as const;
export type AccessMode = (typeof accessModes)[number];

/** Who may use the bot, as its operator has set it; the ids are of people and of groups. */
export type AccessRules = { readonly mode: AccessMode; readonly ids: ReadonlySet<number> };

/** Someone who asked to be let in, or a group (its id is negative). */
export type AccessRequest = {
  readonly id: number;
  readonly askedBy: number;
  /** Of the person or the group; absent once it is forgotten. */
  readonly name?: string;
  /** Where the answer is told. */
  readonly chatId: number;
  readonly locale: string;
  readonly state: 'asked' | 'allowed' | 'refused';
};

export type NewAccessRequest = Omit<AccessRequest, 'state'> & { readonly name: string };

export type AccessStore = {
  find(id: number): Promise<AccessRequest | undefined>;
  /** Keeps the request; false where there was one before, whatever became of it. */
  ask(request: NewAccessRequest, nowMs: number): Promise<boolean>;
  /** Decides; undefined where there is no request, or where it is decided like that already. A later decision may differ. */
  decide(id: number, state: 'allowed' | 'refused', adminId: number): Promise<AccessRequest | undefined>;
  /** What the admins, or the one who asked, were not told yet. */
  undelivered(): Promise<readonly AccessRequest[]>;
  /** The state was told; nothing changes where it has another one by now. */
  noteTold(id: number, state: AccessRequest['state']): Promise<void>;
};
