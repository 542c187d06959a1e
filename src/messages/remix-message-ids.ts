import { type StyleName, styleNames } from '../domain/kinds.ts';

type StyleMessageId = `style.${StyleName}` | `button.style-${StyleName}` | `example.style-${StyleName}`;

/** What each style adds to a request, how it is called, and what shows it well; none of them has variables. */
export const styleMessageVariables = Object.fromEntries(
  (['style.', 'button.style-', 'example.style-'] as const).flatMap((part) =>
    styleNames.map((name) => [`${part}${name}`, []] as const),
  ),
) as unknown as Readonly<Record<StyleMessageId, readonly []>>;

/** The messages about what can be made of a result, and exactly their variables. */
export const remixMessageVariables = {
  'button.variations': [],
  'button.more': [],
  'button.back': [],
  'button.same-seed': [],
  'button.other-shape': [],
  'button.other-style': [],
  'button.other-model': [],
  'button.edit': [],
  'button.animate': [],
  'button.enlarge': [],
  'button.original': [],
  'button.copy': [],
  'button.delete': [],
  'button.delete-yes': [],
  'answer.deleted': [],
  'answer.cannot-delete': [],
  'answer.file-gone': [],
  'remix.edit-how': [],
  'status-message.album': ['ready', 'size'],
} as const satisfies Record<string, readonly string[]>;
