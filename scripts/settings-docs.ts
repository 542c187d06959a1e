import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample, settingTables } from './setting-tables.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'configuration.md');
const start = '<!-- settings:start -->';
const end = '<!-- settings:end -->';

/** docs/configuration.md with its generated part replaced; the words around it stay. */
export function configurationPage(text: string): string {
  const [before, rest] = text.split(start);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) {
    throw new Error(`Cannot write docs/configuration.md: it has no ${start} or no ${end}`);
  }
  return `${before}${start}\n\n${settingTables()}\n\n${end}${after}`;
}

if (import.meta.main) {
  writeFileSync(page, configurationPage(readFileSync(page, 'utf8')));
  writeFileSync(join(root, '.env.example'), envExample());
}
