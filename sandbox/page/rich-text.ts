/** The tags that a message may show; of any other tag only the text remains. */
export const richTags = ['b', 'i', 'u', 's', 'code', 'pre', 'blockquote', 'tg-spoiler', 'tg-time', 'a'] as const;
export type RichTag = (typeof richTags)[number];

/** Formatted text as a tree of strings and elements. */
export type RichNode =
  | string
  | {
      readonly tag: RichTag;
      readonly children: readonly RichNode[];
      readonly href?: string;
      readonly expandable?: true;
      /** Of a moment: seconds since 1970, and how a client writes it. */
      readonly unix?: number;
      readonly format?: string;
    };

type Open = { readonly tag: RichTag | undefined; readonly attributes: string; readonly children: RichNode[] };

const token = /<(\/?)([a-z][a-z-]*)([^<>]*)>|[^<]+|</gi;

/** Parses the HTML of a seen message; a tag outside the list is dropped and its text kept. */
export function parseRichText(html: string): readonly RichNode[] {
  const root: Open = { tag: undefined, attributes: '', children: [] };
  const open: Open[] = [root];
  const names: string[] = [''];
  for (const [whole, slash, name, attributes = ''] of html.matchAll(token)) {
    const parent = open.at(-1) ?? root;
    if (name === undefined) parent.children.push(...wordsAfter(parent.children.at(-1), unescapeHtml(whole)));
    else if (slash === '') {
      open.push({ tag: richTagNamed(name), attributes, children: [] });
      names.push(name);
    } else if (names.at(-1) === name && open.length > 1) {
      const closed = open.pop();
      names.pop();
      if (closed !== undefined) open.at(-1)?.children.push(...nodesOf(closed));
    }
  }
  while (open.length > 1) {
    const left = open.pop();
    if (left !== undefined) open.at(-1)?.children.push(...nodesOf(left));
  }
  return root.children;
}

/** A block element ends its line itself, so one line break after it is dropped. */
function wordsAfter(previous: RichNode | undefined, words: string): readonly string[] {
  const isBlock = typeof previous === 'object' && (previous.tag === 'blockquote' || previous.tag === 'pre');
  const shown = isBlock && words.startsWith('\n') ? words.slice(1) : words;
  return shown === '' ? [] : [shown];
}

function nodesOf({ tag, attributes, children }: Open): readonly RichNode[] {
  if (tag === undefined) return children;
  if (tag === 'a') {
    const href = unescapeHtml(/\bhref="([^"]*)"/.exec(attributes)?.[1] ?? '');
    return /^(?:https?|tg):\/\//i.test(href) ? [{ tag, children, href }] : children;
  }
  if (tag === 'tg-time') {
    const unix = Number(/\bunix="(\d+)"/.exec(attributes)?.[1] ?? 0);
    return [{ tag, children, unix, format: /\bformat="([a-zA-Z]*)"/.exec(attributes)?.[1] ?? '' }];
  }
  if (tag === 'blockquote' && /\bexpandable\b/.test(attributes)) return [{ tag, children, expandable: true }];
  return [{ tag, children }];
}

function richTagNamed(name: string): RichTag | undefined {
  return richTags.find((tag) => tag === name);
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
