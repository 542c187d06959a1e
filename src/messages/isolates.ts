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

/** A command, mention or option in a message; at the end of a text part, its name is the argument that follows. */
const latinWord = /(?<![\p{L}\p{N}</])(?:\/(?:[a-z_]+|$)|@(?:\w+|$)|--(?:[a-z-]+|$))|<\/?code>/gu;

/**
 * Returns a message of a right-to-left language with each value, command, option and code enclosed in Unicode isolates, so
 * that left-to-right text cannot reorder the words around it. Nothing is added inside of code, because people copy it.
 * Telegram recognises `/help` as a command between isolates too.
 */
export function isolated(message: Ast): Ast {
  return isolate(message, { inCode: false, isOpen: false }) as Ast;
}

/** As `isolated`, of a text without arguments. */
export function isolatedWords(text: string): string {
  return isolatedText(text, { inCode: false, isOpen: false }, false);
}

/**
 * Encloses each code element of an HTML value in an isolate of its own: the isolate around the value ends at its first line
 * break.
 */
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
