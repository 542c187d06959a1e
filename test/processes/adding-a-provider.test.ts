import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'adding-a-provider.md'), 'utf8');

type Block = { readonly what: 'file' | 'row'; readonly path: string; readonly lines: string };

/** The blocks of the page that say where they belong: a whole file, or an import and a row of a list. */
const blocks: readonly Block[] = [...page.matchAll(/^```\w+ (file|row)=(\S+)\n(.*?)^```$/gms)].map(
  ([, what, path = '', lines = '']) => ({ what: what === 'row' ? 'row' : 'file', path, lines }),
);

/** What a developer has of the repository, besides what is installed and what commands write. */
const leftOut = /^(?:node_modules|\.git|dist|data|findings|(?:bench|faults)\/results)(?:\/|$)/;

/** A copy of the repository in which the steps of the page are done. */
function followed() {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-provider-'));
  cpSync(root, folder.path, { recursive: true, filter: (path) => !leftOut.test(relative(root, path)) });
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  for (const { what, path, lines } of blocks) {
    const target = join(folder.path, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, what === 'file' ? lines : withRow(readFileSync(target, 'utf8'), lines));
  }
  return folder;
}

/** Adds the import before the first one, and the row as the last of the list that is not spread. */
function withRow(source: string, lines: string): string {
  const [importLine = '', row = ''] = lines.split(/\n\n/);
  const end = '  klingDefinition,\n';
  expect(source).toContain(end);
  return `${importLine}\n${source.replace(end, `${row}${end}`)}`;
}

/** Runs a command in the copy; fails with all that it said unless it ends well. */
async function run(cwd: string, command: string): Promise<void> {
  const [name = '', ...words] = command.split(' ');
  const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, ...env } = process.env;
  const path = [join(root, 'node_modules', '.bin'), dirname(process.execPath), env['PATH']].join(':');
  const child = spawn(name, words, { cwd, env: { ...env, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => void child.on('close', resolve)),
  ]);
  expect({ command, code, said: code === 0 ? '' : `${out}\n${err}` }).toEqual({ command, code: 0, said: '' });
}

test(
  'a provider that is added by the steps of docs/adding-a-provider.md draws a picture for a person',
  { timeout: 300_000 },
  async () => {
    expect(blocks.filter(({ what }) => what === 'row').map(({ path }) => path)).toEqual(['src/providers/registry.ts']);
    using copy = followed();
    await run(copy.path, 'tsc --noEmit');
    await run(copy.path, 'npm run -s docs:settings');
    const example = readFileSync(join(copy.path, '.env.example'), 'utf8');
    for (const name of ['PAINTBOX_BASE_URL', 'PAINTBOX_SEATS_PER_KEY', 'PAINTBOX_WEIGHTS'])
      expect(example).toContain(name);
    const results = join(copy.path, 'results.json');
    const tests =
      'test/providers/registry.test.ts test/providers/endings.test.ts test/config/settings-docs.test.ts paintbox';
    await run(copy.path, `vitest run ${tests} --maxWorkers=1 --reporter=json --outputFile=${results}`);
    const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as {
      readonly testResults: readonly {
        readonly name: string;
        readonly assertionResults: readonly { title: string }[];
      }[];
    };
    const ran = testResults.map(({ name }) => relative(copy.path, name));
    const written = blocks.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
    expect(written).toHaveLength(3);
    expect(ran).toEqual(expect.arrayContaining(written));
    const endings = testResults.find(({ name }) => name.endsWith('test/providers/endings.test.ts'))?.assertionResults;
    expect(endings?.filter(({ title }) => title.startsWith('paintbox, image, ')).length).toBeGreaterThan(7);
  },
);
