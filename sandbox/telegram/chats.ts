import type { StoredMessage } from './messages/stored-message.ts';

export type Profile = {
  readonly id: number;
  readonly firstName: string;
  readonly username?: string;
  readonly languageCode?: string;
  readonly isPremium?: boolean;
};

type ChatMessages = {
  readonly id: number;
  readonly messages: Map<number, StoredMessage>;
  lastMessageId: number;
};

export type PrivateChat = ChatMessages & {
  readonly kind: 'private';
  readonly profile: Profile;
  /** False until the person has written: before that the chat does not exist for the bot. */
  opened: boolean;
  blocked: boolean;
};

export type GroupChat = ChatMessages & {
  readonly kind: 'group';
  readonly title: string;
  readonly isForum: boolean;
  readonly topics: Map<number, { readonly name: string; closed: boolean }>;
  readonly members: Set<number>;
  readonly admins: Set<number>;
  kicked: boolean;
  /** The id of the supergroup into which it was upgraded. */
  upgradedTo?: number;
};

export type StoredChat = PrivateChat | GroupChat;

/** Creates the private chat of a person, not opened yet. */
export function newPrivateChat(profile: Profile): PrivateChat {
  const { id } = profile;
  return { kind: 'private', id, profile, opened: false, blocked: false, messages: new Map(), lastMessageId: 0 };
}

/** Creates a group; throws when its id is not negative. */
export function newGroupChat(profile: {
  readonly id: number;
  readonly title: string;
  readonly isForum?: boolean;
}): GroupChat {
  const { id, title, isForum = false } = profile;
  if (id >= 0) throw new Error(`Cannot add the group ${id}: the id of a group is negative`);
  return {
    kind: 'group',
    id,
    title,
    isForum,
    topics: new Map(),
    members: new Set(),
    admins: new Set(),
    kicked: false,
    messages: new Map(),
    lastMessageId: 0,
  };
}

/** Forums and ids below -10^12 are supergroups; other groups are basic groups. */
export function isSupergroup(chat: GroupChat): boolean {
  return chat.isForum || chat.id <= -1_000_000_000_000;
}
