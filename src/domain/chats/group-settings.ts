import type { JobKind } from '../kinds.ts';

/** What the admins of a group have set for it; everything is absent by default. */
export type GroupSettings = {
  /** Kinds that are not made there. */
  readonly kindsOff?: readonly JobKind[];
  /** In which the bot speaks there; to each in their own language when absent. */
  readonly locale?: string;
  /** Pictures and videos are hidden until somebody taps them. */
  readonly hasSpoilers?: true;
  /** Only admins of the group may ask; everybody when absent. */
  readonly who?: 'admins';
};

/** The settings of groups; they follow a group that becomes a supergroup. */
export type GroupStore = {
  find(chatId: number): Promise<GroupSettings>;
  /** Stores the settings in place of those of before. */
  set(chatId: number, settings: GroupSettings): Promise<void>;
};
