const allowedTags = new Set(['b', 'i', 'u', 's', 'code', 'pre', 'a', 'blockquote', 'tg-spoiler', 'tg-time']);
const entitySigns: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };

/** Reads HTML as strictly as Telegram does; answers the text that is shown, throws where Telegram would refuse. */
export function parseTelegramHtml(html: string): string {
  const open: string[] = [];
  let shown = '';
  for (const [part] of html.matchAll(/<[^>]*>?|&[^;\s&<]*;?|[^<&]+/g)) {
    if (part.startsWith('<')) {
      const attributes = / expandable| unix="\d+" format="[rt]"| href="tg:\/\/user\?id=\d+"/.source;
      const [, closing, name = ''] = new RegExp(`^<(\\/?)([a-z-]+)(?:${attributes})?>$`).exec(part) ?? [];
      if (!allowedTags.has(name)) throw new Error(`Unsupported tag ${JSON.stringify(part)} in ${JSON.stringify(html)}`);
      if (closing === '') open.push(name);
      else if (open.pop() !== name) throw new Error(`Unbalanced ${part} in ${JSON.stringify(html)}`);
    } else if (part.startsWith('&')) {
      const sign = entitySigns[part];
      if (sign === undefined) throw new Error(`Unknown entity ${JSON.stringify(part)} in ${JSON.stringify(html)}`);
      shown += sign;
    } else {
      shown += part;
    }
  }
  if (open.length > 0) throw new Error(`Unclosed <${open.join('>, <')}> in ${JSON.stringify(html)}`);
  return shown;
}

/** The text as somebody reads it, to be compared across languages: without the marks of direction, its digits in ASCII. */
export function readText(text: string): string {
  return text
    .replaceAll(/[\u2066-\u2069]/g, '')
    .replaceAll(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0));
}
