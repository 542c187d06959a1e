import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sourceFrames } from '../../src/observability/source-frames.ts';
import { pictures, picturesOf, until } from '../journeys/talk.ts';
import { compiled } from '../support/compiled.ts';
import { testKey } from '../support/test-app.ts';
import { programs, startProcess } from './started-process.ts';

const root = join(import.meta.dirname, '..', '..');
const cache = 'node_modules/.cache/darkroom-bundle';
const list = z.object({ entry: z.string(), files: z.array(z.tuple([z.string(), z.number(), z.number()])) });
const madeOf = () => list.parse(JSON.parse(readFileSync(join(root, cache, 'made-of.json'), 'utf8')));

function output(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env: compiled });
  return { status, stdout, stderr };
}

describe('the bundle of this source', () => {
  beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts/bundle/make-bundle.js')]));

  test('is what a start runs', () => {
    const { entry } = madeOf();
    const lister = `import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => { process.stderr.write(url + '\\n'); return next(url, context); } });`;
    const { stderr } = output('--import', `data:text/javascript,${encodeURIComponent(lister)}`, programs.bin, '--help');
    expect(stderr).toContain(`/${cache}/${entry}\n`);
    expect(stderr).not.toContain('.ts\n');
  });

  test.each([
    ['--help'],
    ['--version'],
    ['keys', '--help'],
    ['clients', 'add', '--help'],
    ['no-such-command'],
    ['simulate', '--faults', 'no-such-fault'],
  ])('says the same as the source: darkroom %s %s %s', (...words) => {
    expect(output(programs.bin, ...words)).toEqual(output(programs.source, ...words));
  });

  test('finds the texts, the pages and the version beside the source, and starts no second bundle of what it leaves out', () => {
    const refused = output(programs.bin, 'keys', 'list');
    expect(refused).toEqual(output(programs.source, 'keys', 'list'));
    expect(output(programs.bin, 'simulate', '--help').stdout).toContain('The faults:');
  });

  test('draws a picture for a person, and goes on after a kill', async () => {
    await using bot = await startProcess(1, { BYTEZ_API_KEY: testKey(1), DRAIN_S: '0' }, [], programs.bin);
    const person = bot.telegram.person({ id: 7, firstName: 'Robin', languageCode: 'en' });
    const ready = () => bot.log.filter(({ event }) => event === 'app.ready').length;
    await until(() => ready() === 1);
    person.say('/generate a fox');
    await pictures(person);
    const page = String(bot.log.find(({ event }) => event === 'app.ready')?.['health']);
    expect((await fetch(page.replace('/readyz', '/dashboard/style.css'))).status).toBe(200);
    const hold = bot.bytez.hold();
    person.say('/generate an owl');
    await until(() => bot.log.filter(({ event }) => event === 'job.started').length === 2);
    await bot.restart();
    hold.release();
    await until(() => picturesOf(person).length === 2);
    expect(ready()).toBe(2);
  });

  test('is made of everything that it holds: sources, packages, and the scripts that made it', () => {
    const paths = madeOf().files.map(([path]) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'src/main.ts',
        'src/cli/start.ts',
        'src/providers/bytez/bytez-provider.ts',
        'src/http/api.ts',
        'scripts/bundle/make-bundle.js',
        'node_modules/grammy/package.json',
        'node_modules/zod/package.json',
      ]),
    );
    expect(paths.filter((path) => /^(?:sandbox|simulator|test)\//.test(path))).toEqual([]);
  });

  test('names the places of the source in the stack of an error', () => {
    const map = join(root, cache, madeOf().entry.replace('main.mjs', ''));
    const bot =
      execFileSync('ls', [map], { encoding: 'utf8' })
        .split('\n')
        .find((name) => /^bot-.*mjs$/.test(name)) ?? '';
    const url = pathToFileURL(join(map, bot)).href;
    const [line = ''] = readFileSync(join(map, bot), 'utf8').split('\n');
    const column = line.length - 10;
    const [frame] = sourceFrames([`at a (${url}:1:${column})`]);
    expect(frame).toMatch(/^at a \(file:\/\/.*\/(?:src\/.*\.ts|node_modules\/(?!\.cache).*js):\d+:\d+\)$/);
    expect(sourceFrames(['at b (node:events:1:2)', `at c (${url.replace('bot', 'no')}:1:2)`])).toEqual([
      'at b (node:events:1:2)',
      `at c (${url.replace('bot', 'no')}:1:2)`,
    ]);
  });
});

/** A clone of a few lines, with a bundle of them that says so. */
function aClone() {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-clone-'));
  const at = (name: string) => join(folder, name);
  cpSync(join(root, 'bin'), at('bin'), { recursive: true });
  for (const name of ['src', `${cache}/1`]) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('package.json'), '{ "type": "module" }');
  writeFileSync(at('src/main.ts'), "process.stdout.write('source');");
  writeFileSync(at('src/other.ts'), 'export const one = 1;');
  writeFileSync(at(`${cache}/1/main.mjs`), "process.stdout.write('bundle');");
  const files = ['package.json', 'src/main.ts', 'src/other.ts'].map((path) => {
    const { size, mtimeMs } = statSync(at(path));
    return [path, size, Math.floor(mtimeMs / 1_000)];
  });
  writeFileSync(at(`${cache}/made-of.json`), JSON.stringify({ entry: '1/main.mjs', files }));
  return {
    at,
    run: (bin = at('bin/darkroom.js')) => output(bin).stdout,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test('a bundle runs while nothing that it was made of has changed', () => {
  using clone = aClone();
  expect(clone.run()).toBe('bundle');
});

test.each<[what: string, change: (at: (name: string) => string) => void]>([
  ['a source is longer', (at) => writeFileSync(at('src/other.ts'), 'export const one = 1; // more')],
  ['a source was written again', (at) => utimesSync(at('src/other.ts'), 1, 1)],
  ['a source is gone', (at) => rmSync(at('src/other.ts'))],
  ['a package changed', (at) => writeFileSync(at('package.json'), '{ "type": "module", "version": "2" }')],
  ['its list is damaged', (at) => writeFileSync(at(`${cache}/made-of.json`), '{"entry":')],
  ['its files are gone', (at) => rmSync(at(`${cache}/1`), { recursive: true })],
  ['there is none', (at) => rmSync(at(cache), { recursive: true })],
])('the source runs where %s', (_what, change) => {
  using clone = aClone();
  change(clone.at);
  expect(clone.run()).toBe('source');
});

test('the source runs where the bundle belongs to another clone', () => {
  using clone = aClone();
  using other = aClone();
  rmSync(other.at('node_modules'), { recursive: true });
  symlinkSync(clone.at('node_modules'), other.at('node_modules'));
  for (const name of ['src/other.ts', 'src/main.ts', 'package.json']) {
    const { mtimeMs } = statSync(clone.at(name));
    utimesSync(other.at(name), mtimeMs / 1_000, mtimeMs / 1_000);
  }
  expect(other.run()).toBe('source');
});

test('an installation goes on without a bundle that cannot be made, and says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-no-bundle-'));
  cpSync(join(root, 'scripts/bundle'), join(folder, 'scripts/bundle'), { recursive: true });
  const script = join(folder, 'scripts/bundle/make-bundle.js');
  const env = { PATH: folder, npm_execpath: join(folder, 'no-npm.js') };
  const make = (...more: readonly string[]) =>
    spawnSync(process.execPath, [script, ...more], { encoding: 'utf8', env, cwd: folder });
  expect(make('--if-possible')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^The program was not bundled/m),
  });
  expect(make().status).not.toBe(0);
  rmSync(folder, { recursive: true });
});
