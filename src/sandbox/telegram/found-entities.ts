import type { MessageEntity } from 'grammy/types';

type FoundType = 'bot_command' | 'mention' | 'hashtag' | 'url' | 'email';

/** In the order in which they win over each other. */
const patterns: readonly (readonly [FoundType, RegExp])[] = [
  ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  [
    'url',
    /(?<![\w@/.])(?:https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]|(?:[a-z0-9-]{1,63}\.)+(?:com|org|net|io|me|dev)\b(?:\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])?)/gi,
  ],
  ['bot_command', /(?<![\w/<>])\/\w{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])/g],
  ['mention', /(?<!\w)@[a-zA-Z0-9_]{2,32}(?!\w)/g],
  ['hashtag', /(?<![\p{L}\p{N}_])#(?=[\p{N}_]*\p{L})[\p{L}\p{N}_]{1,256}/gu],
];

/** What Telegram marks without being asked: commands, mentions, hashtags, addresses; never inside code or a link. */
export function foundEntities(text: string, given: readonly MessageEntity[]): readonly MessageEntity[] {
  const taken: { readonly offset: number; readonly length: number }[] = given.filter((entity) =>
    ['code', 'pre', 'text_link', 'text_mention', 'bot_command', 'mention', 'url', 'email'].includes(entity.type),
  );
  const found: MessageEntity[] = [];
  for (const [type, pattern] of patterns) {
    for (const match of text.matchAll(pattern)) {
      const span = { offset: match.index, length: match[0].length };
      if (taken.some((other) => overlaps(span, other))) continue;
      taken.push(span);
      found.push({ type, ...span });
    }
  }
  return found;
}

function overlaps(
  a: { readonly offset: number; readonly length: number },
  b: { readonly offset: number; readonly length: number },
): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}
