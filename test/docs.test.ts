import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = readdirMarkdown();

/** Pages about the tree as it is: the change log names what was there before. */
const currentPages = pages.filter((page) => page !== 'CHANGELOG.md');

/** What a command writes, and the files of the provider that docs/adding-a-provider.md makes up; they are in no commit. */
const written = /^(?:bench|faults)\/results\/|\/paintbox\b/;

/** Every page that is in the repository or about to be. */
function readdirMarkdown(): readonly string[] {
  const names = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  });
  return names.split('\n').filter((name) => name !== '' && existsSync(join(root, name)));
}

function text(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The page's headings as the addresses that a forge gives them. */
function anchors(page: string): readonly string[] {
  const headings = text(page)
    .replaceAll(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && target.endsWith('.md') && !anchors(target).includes(anchor);
}

/** Paths that the page names in its words, a placeholder and what follows it cut off. */
function paths(page: string): readonly string[] {
  const named = text(page).matchAll(
    /(?<![\w/.-])(?:src|test|scripts|bench|faults|sandbox|simulator|bin|docs|locales)\/(?:[\w-]+[/.]?)*/g,
  );
  return [...new Set([...named].map(([path]) => path.replace(/\.$/, '')))];
}

test('there are pages to check', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']));
});

test('every decision has its number, its status and date, and a row of the index', () => {
  const decisions = pages.filter((page) => /^docs\/decisions\/\d/.test(page));
  const heads = decisions.map((page) =>
    /^# (\d+)\. (.+)\n\n(Accepted|Superseded), (\d{4}-\d\d-\d\d)\.\n/.exec(text(page)),
  );
  const rows = decisions.map((page, index) => {
    const [, number, title, status, date] = heads[index] ?? [];
    return `| ${number} | [${title}](${page.slice('docs/decisions/'.length)}) | ${status?.toLowerCase()} | ${date} |`;
  });
  expect(
    text('docs/decisions/README.md')
      .split('\n')
      .filter((line) => /^\| \d/.test(line)),
  ).toEqual(rows);
});

test.each(pages)('every relative link of %s leads somewhere', (page) => {
  const links = [...text(page).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => isBroken(page, link))).toEqual([]);
});

test.each(currentPages)('every path that %s names exists', (page) => {
  expect(paths(page).filter((path) => !written.test(path) && !existsSync(join(root, path)))).toEqual([]);
});

test.each(currentPages)('every npm script that %s names exists', (page) => {
  const { scripts } = JSON.parse(text('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const named = [...text(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
