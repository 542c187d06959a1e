import { parseEnv } from 'node:util';

/**
 * The text of a `.env` file with another value for one variable; everything else stays byte for byte. Of several lines that
 * set it the last one counts, and is the one that changes, to its end; without any a line is added. The value is letters, digits, hyphens
 * and underscores. Undefined where the text would then not read as meant.
 */
export function withVariable(text: string, name: string, value: string): string | undefined {
  const line = new RegExp(`^([^\\S\\r\\n]*(?:export[^\\S\\r\\n]+)?${name}[^\\S\\r\\n]*=)[^\\r\\n]*`, 'gm');
  const last = [...text.matchAll(line)].at(-1);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : lineEnd;
  const changed =
    last === undefined
      ? `${text}${gap}${name}=${value}${lineEnd}`
      : `${text.slice(0, last.index)}${last[1]}${value}${text.slice(last.index + last[0].length)}`;
  const before = parseEnv(bare(text));
  if (/[\r\n]/.test(before[name] ?? '')) return undefined;
  const expected = { ...before, [name]: value };
  return isSame(parseEnv(bare(changed)), expected) ? changed : undefined;
}

function bare(text: string): string {
  return text.replace(/^\ufeff/, '');
}

function isSame(one: NodeJS.Dict<string>, other: NodeJS.Dict<string>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
