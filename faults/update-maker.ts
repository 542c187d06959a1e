import type { Fields } from './fuzzed-message.ts';

/** The sender of an update, and the ids it may use. */
export type Maker = {
  readonly userId: number;
  readonly languageCode: string;
  /** Different in every update. */
  readonly serial: number;
  readonly botId: number;
  readonly groupIds: readonly number[];
  /** Buttons that the person sees. */
  readonly buttons: readonly { readonly messageId: number; readonly data: string }[];
};

/** The id of a press that the maker makes. */
export function queryIdOf({ serial }: Pick<Maker, 'serial'>): string {
  return `press-${serial}`;
}

export function userOf({ userId, languageCode }: Maker): Fields {
  return { id: userId, is_bot: false, first_name: `Person ${userId}`, language_code: languageCode };
}

export function privateChat({ userId }: Maker): Fields {
  return { id: userId, type: 'private', first_name: `Person ${userId}` };
}

export function privateMessage(maker: Maker): Fields {
  return { message_id: 100_000 + maker.serial, date: 1_790_000_000, chat: privateChat(maker), from: userOf(maker) };
}

export function groupMessage(maker: Maker, which: number): Fields {
  const id = maker.groupIds[which % maker.groupIds.length];
  return { ...privateMessage(maker), chat: { id, type: 'supergroup', title: 'A group' } };
}
