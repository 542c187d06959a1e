import { type StyleName, styleNames } from '../domain/kinds.ts';

type StyleMessageId = `style.${StyleName}` | `button.style-${StyleName}` | `example.style-${StyleName}`;

/** What each style adds to a request, how it is called, and what shows it well; none of them has variables. */
export const styleMessageVariables = Object.fromEntries(
  (['style.', 'button.style-', 'example.style-'] as const).flatMap((part) =>
    styleNames.map((name) => [`${part}${name}`, []] as const),
  ),
) as unknown as Readonly<Record<StyleMessageId, readonly []>>;
