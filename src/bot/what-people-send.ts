import type { Message } from 'grammy/types';

const contents = [
  'text',
  'rich_message',
  'sticker',
  'photo',
  'live_photo',
  'voice',
  'video',
  'video_note',
  'audio',
  'document',
  'animation',
  'location',
  'contact',
  'poll',
  'dice',
  'venue',
  'story',
  'game',
  'checklist',
  'paid_media',
] as const satisfies readonly (keyof Message)[];

/** Whether somebody says something by it; payments, pinned messages and what else Telegram writes are nobody's words. */
export function isSaid(message: Message): boolean {
  return contents.some((content) => content in message);
}
