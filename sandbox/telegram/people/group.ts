import { type GroupChat, newGroupChat } from '../chats.ts';
import type { TelegramState } from '../telegram-state.ts';

export type GroupProfile = {
  /** Negative; below -10^12 for a supergroup. */
  readonly id: number;
  readonly title: string;
  readonly isForum?: boolean;
};

/** A group that contains the bot. */
export type Group = {
  readonly id: number;
  readonly title: string;
  /** Opens a topic of a forum; returns its thread id. */
  addTopic(name: string): number;
  closeTopic(threadId: number): void;
  makeAdmin(userId: number): void;
  kickBot(): void;
  /** Upgrades the group to a supergroup; calls to the old id are then refused with the new one. */
  upgrade(newId: number): Group;
};

/** Adds a group with the bot in it; throws when the id is taken or not negative. */
export function addGroup(state: TelegramState, profile: GroupProfile): Group {
  if (state.chats.has(profile.id)) throw new Error(`Cannot add the group ${profile.id}: the id is taken`);
  const chat = newGroupChat(profile);
  state.chats.set(chat.id, chat);
  return {
    id: chat.id,
    title: chat.title,
    addTopic: (name) => {
      if (!chat.isForum) throw new Error(`Cannot open a topic in the group ${chat.id}: it is not a forum`);
      // The id of a topic is that of the service message that opens it; 1 is the general topic.
      chat.lastMessageId = Math.max(1, chat.lastMessageId) + 1;
      chat.topics.set(chat.lastMessageId, { name, closed: false });
      return chat.lastMessageId;
    },
    closeTopic: (threadId) => {
      topicOf(chat, threadId).closed = true;
    },
    makeAdmin: (userId) => {
      if (userId !== state.bot.id) chat.members.add(userId);
      chat.admins.add(userId);
    },
    kickBot: () => {
      chat.kicked = true;
    },
    upgrade: (newId) => {
      const supergroup = addGroup(state, { id: newId, title: chat.title });
      chat.upgradedTo = newId;
      return supergroup;
    },
  };
}

/** Returns a topic of the group; throws when there is none with this id. */
export function topicOf(chat: GroupChat, threadId: number): { closed: boolean } {
  const topic = chat.topics.get(threadId);
  if (topic === undefined) throw new Error(`Cannot find the topic ${threadId} of the group ${chat.id}: it has none`);
  return topic;
}
