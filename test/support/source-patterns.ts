import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Pattern = { readonly where: string; readonly regex: RegExp };

const source = join(import.meta.dirname, '..', '..', 'src');

/** Returns the files of `src` with their text. */
export function sources(): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|js|html)$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(source, name), 'utf8') }));
}

/** Returns the regular expression literals of a file, in their order. */
export function patternsOf(name: string, text: string): readonly Pattern[] {
  return literalsIn(text).map(({ body, flags, at }) => ({
    where: `${name}:${text.slice(0, at).split('\n').length} /${body}/${flags}`,
    regex: new RegExp(body, flags),
  }));
}

type Literal = { readonly body: string; readonly flags: string; readonly at: number };

const quoted = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const comment = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const literal = /\/((?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/y;
/** A slash after one of these begins an expression; after anything else it divides. */
const beforeLiteral = /(?:^|[(,=:[!&|?{};>]|\b(?:return|typeof|case|of|in))\s*$/;

/** Scans code far enough to distinguish strings, comments, templates and divisions from regular expressions. */
function literalsIn(code: string): readonly Literal[] {
  const found: Literal[] = [];
  /** Open templates; each counts the open braces of its current placeholder. */
  const holes: number[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(code);
  };
  const readTemplate = () => {
    while (at < code.length && code[at] !== '`') {
      if (code.startsWith('${', at)) {
        at += 2;
        holes.push(0);
        return;
      }
      at += code[at] === '\\' ? 2 : 1;
    }
    at += 1;
  };
  while (at < code.length) {
    const sign = code[at];
    const skipped = take(quoted) ?? take(comment);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    const regex = sign === '/' && beforeLiteral.test(code.slice(Math.max(0, at - 40), at)) ? take(literal) : null;
    if (regex !== null) {
      found.push({ body: regex[1] ?? '', flags: regex[2] ?? '', at });
      at += regex[0].length;
      continue;
    }
    at += 1;
    const open = holes.length - 1;
    if (sign === '`') readTemplate();
    else if (sign === '{' && open >= 0) holes[open] = (holes[open] ?? 0) + 1;
    else if (sign === '}' && open >= 0) {
      if (holes[open] === 0) {
        holes.pop();
        readTemplate();
      } else holes[open] = (holes[open] ?? 0) - 1;
    }
  }
  return found;
}

const atom =
  /(\[(?:[^\]\\]|\\.)*\]|\\(?:[pPkux]\{[^}]*\}|u[0-9a-f]{4}|x[0-9a-f]{2}|.)|[^\\()|])(\*|\+|\{\d+,\}|\{\d+(?:,\d+)?\}|\?)?\??/giy;
const innermost = /\((?:\?(?:[:=!]|<[=!]|<\w+>))?((?:\[(?:[^\]\\]|\\.)*\]|\\.|[^()\\[])*)\)(?:[*+]|\{\d+,\})/g;
const endless = /^(?:\*|\+|\{\d+,\})$/;
const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/**
 * Returns the unbounded groups that contain an unbounded repetition. A group is safe when each turn begins with a
 * character that the inner repetition cannot match, because then there is only one way to split the text into turns.
 */
export function nestedQuantifiers({ source: body, flags }: RegExp): readonly string[] {
  const isSafe = (way: string): boolean => {
    const atoms = [...way.matchAll(new RegExp(atom.source, 'gi'))].map(([, sign = '', times = '']) => ({
      sign,
      times,
    }));
    const repeated = atoms.filter(({ times }) => endless.test(times));
    const [first] = atoms;
    if (repeated.length === 0) return true;
    if (first === undefined || first.times !== '') return false;
    const accepts = (sign: string) => new RegExp(`^${sign}$`, flags.replace(/[gy]/g, ''));
    return repeated.every(({ sign }) => !ascii.some((one) => accepts(first.sign).test(one) && accepts(sign).test(one)));
  };
  return [...body.matchAll(innermost)].flatMap(([group, inner = '']) =>
    inner.split('|').every(isSafe) ? [] : [group],
  );
}
