import { parseEnv } from 'node:util';

const assignment = /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=)/;

/**
 * The text of a `.env` file with another value for one variable; everything else stays byte for byte. Of several lines that
 * set it the last one counts, and is the one that changes, to its end; without any a line is added. The value is letters,
 * digits, hyphens and underscores. Undefined where the text would then not read as meant.
 */
export function withVariable(text: string, name: string, value: string): string | undefined {
  const before = parseEnv(bare(text));
  if (/[\r\n]/.test(before[name] ?? '')) return undefined;
  const lines = text.split('\n');
  const place = lines.findLastIndex((line) => assignment.exec(bare(line))?.[2] === name);
  const changed = place < 0 ? added(text, `${name}=${value}`) : lines.with(place, setTo(value, lines[place] ?? ''));
  const joined = typeof changed === 'string' ? changed : changed.join('\n');
  return isSame(parseEnv(bare(joined)), { ...before, [name]: value }) ? joined : undefined;
}

function setTo(value: string, line: string): string {
  return `${line.slice(0, line.indexOf('=') + 1)}${value}${line.endsWith('\r') ? '\r' : ''}`;
}

function added(text: string, line: string): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text}${text === '' || text.endsWith('\n') ? '' : lineEnd}${line}${lineEnd}`;
}

function bare(text: string): string {
  return text.replace(/^\ufeff/, '');
}

function isSame(one: NodeJS.Dict<string>, other: NodeJS.Dict<string>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
