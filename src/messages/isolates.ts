import type { IntlMessageFormat } from 'intl-messageformat';

type Ast = ReturnType<IntlMessageFormat['getAst']>;

/** As much of an element as is needed here. */
type Element = {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>>;
};

const literalType = 0;
const argumentType = 1;
/** U+2066: what follows runs left to right; U+2068: it runs as its first letter does; U+2069: the end of either. */
const leftToRight = '\u2066';
const byFirstLetter = '\u2068';
const end = '\u2069';

/** A command, a mention or an option in our own words; at the end of a text its name is the argument that follows. */
const latinWord = /(?<![\p{L}\p{N}</])(?:\/(?:[a-z_]+|$)|@(?:\w+|$)|--(?:[a-z-]+|$))|<\/?code>/gu;

/**
 * A message of a language that is written from right to left, in which nothing that runs the other way can turn the words
 * around it: each value, command, option and code stands in an isolate of its own. Inside of code nothing is added, since
 * code is copied. The marks are no part of a command: Telegram makes links of `/help` between them as anywhere.
 */
export function isolated(message: Ast): Ast {
  return isolate(message, { inCode: false, isOpen: false }) as Ast;
}

/** The code in a value that is HTML, each in an isolate of its own: the one around the value ends with its first line. */
export function isolatedCode(html: string): string {
  return html.replaceAll(/(?<!\u2066)<code>.*?<\/code>/gs, `${leftToRight}$&${end}`);
}

/** In code nothing is isolated; open means that a text ended in `/`, `@` or `--`, whose name follows. */
type Reading = { inCode: boolean; isOpen: boolean };

function isolate(elements: readonly Element[], reading: Reading): readonly Element[] {
  return elements.flatMap((element, index): Element[] => {
    if (element.type === literalType) {
      const nameFollows = elements[index + 1]?.type === argumentType;
      return [literal(isolatedText(element.value ?? '', reading, nameFollows))];
    }
    if (element.type === argumentType) {
      const [before, after] = marksFor(reading);
      reading.isOpen = false;
      return [literal(before), element, literal(after)].filter(({ value }) => value !== '');
    }
    if (element.options === undefined) return [element];
    const arms = Object.entries(element.options).map(
      ([name, arm]) => [name, { ...arm, value: isolate(arm.value, { ...reading }) }] as const,
    );
    return [{ ...element, options: Object.fromEntries(arms) }];
  });
}

function marksFor({ inCode, isOpen }: Reading): readonly [string, string] {
  if (inCode) return ['', ''];
  return isOpen ? ['', end] : [byFirstLetter, end];
}

/** A sign at the end of the text belongs to a name only where an argument follows: `{n, number}/{m, number}` is a fraction. */
function isolatedText(text: string, reading: Reading, nameFollows: boolean): string {
  return text.replaceAll(latinWord, (word) => {
    if (word === '<code>') {
      reading.inCode = true;
      return leftToRight + word;
    }
    if (word === '</code>') {
      reading.inCode = false;
      return word + end;
    }
    if (reading.inCode) return word;
    if (/\w/.test(word)) return leftToRight + word + end;
    if (!nameFollows) return word;
    reading.isOpen = true;
    return leftToRight + word;
  });
}

function literal(value: string): Element {
  return { type: literalType, value };
}

/** Whether a language is written from right to left. */
export function isRightToLeft(locale: string): boolean {
  return ['Arab', 'Hebr'].includes(new Intl.Locale(locale).maximize().script ?? '');
}
