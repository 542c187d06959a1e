/**
 * Puts the program and the packages that it uses into few, small files: a start is several times faster and needs less
 * memory. `bin/begin.js` runs them as long as no file that they were made of has changed, and the sources otherwise.
 *
 * Runs after `npm ci` and `npm install`, and by `npm run bundle`. The bundler is a package of development; an installation
 * without those fetches it to a folder of its own, checked against the lock file beside this script, and removes it. With
 * `--if-possible` a failure is told and is none: the sources run.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { leaner, ownPlaces } from './stand-ins.js';

const here = import.meta.dirname;
const root = join(here, '..', '..');
const home = join(root, 'node_modules', '.cache', 'darkroom-bundle');
/** Each bundle lies in a folder of its own in `home`, named by its content; paths to the outside are the same from all. */
const anyFolder = join(home, 'bundle');

const [main, start, commandLine, knownKeys] = ['main', 'cli/start', 'cli/program', 'cli/keys/known-keys'].map((name) =>
  join(root, `src/${name}.ts`),
);

/** What runs together is in one file each; the bundler divides the rest. The first group that fits takes a module. */
const groups = {
  base: (needs) => needs(main) || (needs(start) && needs(commandLine)),
  settings: (needs) => needs(start) && needs(knownKeys),
  bot: (needs) => needs(start),
  commands: (needs) => needs(commandLine),
};

function codeGroups() {
  const closures = new Map();
  const closureOf = (entry, modules) => {
    if (!closures.has(entry)) closures.set(entry, neededBy(entry, modules));
    return closures.get(entry);
  };
  return Object.entries(groups).map(([name, fits], index) => ({
    debugName: name,
    priority: 100 - index,
    // The first module waits for others, so none of them may wait for the file that it is in.
    name: (id, modules) => (id !== main && fits((entry) => closureOf(entry, modules).has(id)) ? name : null),
  }));
}

/** What is loaded before the first line of the module runs. */
function neededBy(entry, modules) {
  const found = new Set([entry]);
  for (const id of found) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}

async function makeBundle() {
  using opened = new DisposableStack();
  const { rolldown } = await loadBundler(opened);
  const startedMs = Date.now();
  const bundling = await rolldown({
    cwd: root,
    input: { main },
    platform: 'node',
    plugins: [leaner, ownPlaces(root, anyFolder)],
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundling.generate({
    format: 'esm',
    // A name that ends in .js here would be read twice, to find out that it is a module.
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    minify: { compress: true, mangle: { keepNames: { function: false, class: true } }, codegen: true },
    sourcemap: 'hidden',
    sourcemapExcludeSources: true,
    codeSplitting: { groups: codeGroups() },
  });
  await bundling.close();
  const files = madeOf(output);
  const newestS = Math.max(...files.map(([, , mtimeS]) => mtimeS));
  // Times are compared by the second, as images keep them: a file that is written in this one might change unseen.
  if (newestS >= Math.floor(startedMs / 1_000)) {
    await new Promise((done) => setTimeout(done, 1_000));
    return makeBundle();
  }
  write(output, files);
}

/** Rolldown: of this project, or fetched until `opened` is disposed. */
async function loadBundler(opened) {
  const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  try {
    const own = createRequire(import.meta.url);
    if (own('rolldown/package.json').version === dependencies.rolldown) return await import('rolldown');
  } catch {
    // An installation without packages of development.
  }
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bundler-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(here, name), join(folder, name));
  // npm tells its children which project they belong to: this one belongs to another.
  const { npm_config_local_prefix: _project, npm_config_omit: _omit, npm_execpath: npm, ...env } = process.env;
  const args = ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts'];
  const options = { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] };
  if (npm === undefined) execFileSync('npm', args, options);
  else execFileSync(process.execPath, [npm, ...args], options);
  return import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('rolldown')).href);
}

/** Everything that the bundle depends on, below the root: path, bytes, and second of the last change. */
function madeOf(output) {
  const scripts = readdirSync(here).map((name) => relative(root, join(here, name)));
  const paths = new Set(['package.json', ...scripts]);
  for (const { moduleIds = [] } of output) {
    for (const id of moduleIds.filter((one) => one.startsWith(root))) {
      // A package changes with its version, and is installed as a whole.
      const inPackage = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      paths.add(relative(root, inPackage === undefined ? id : join(inPackage, 'package.json')));
    }
  }
  return [...paths].map((path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    return [path, size, Math.floor(mtimeMs / 1_000)];
  });
}

/** The new bundle takes over in one step; the one before stays for a process that still runs it. */
function write(output, files) {
  const parts = output.map((part) => [part.fileName, part.type === 'chunk' ? inLatin1(part.code) : part.source]);
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  mkdirSync(home, { recursive: true });
  const list = join(home, 'made-of.json');
  const before = entryIn(list)?.split('/')[0];
  const draft = mkdtempSync(join(home, 'draft-'));
  for (const [name, text] of parts) {
    if (name.endsWith('.map')) writeFileSync(join(draft, `${name}.gz`), gzipSync(text));
    else writeFileSync(join(draft, name), text);
  }
  rmSync(join(home, hash), { recursive: true, force: true });
  renameSync(draft, join(home, hash));
  writeFileSync(`${list}.new`, JSON.stringify({ entry: `${hash}/main.mjs`, files }));
  renameSync(`${list}.new`, list);
  const kept = new Set([hash, before, 'made-of.json']);
  for (const name of readdirSync(home)) {
    if (!kept.has(name)) rmSync(join(home, name), { recursive: true, force: true });
  }
}

function entryIn(list) {
  try {
    return JSON.parse(readFileSync(list, 'utf8')).entry;
  } catch {
    return undefined;
  }
}

/** V8 keeps a source with one letter beyond Latin-1 in twice the memory. */
function inLatin1(code) {
  return code.replace(/[^\u0000-\u00ff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

try {
  await makeBundle();
} catch (error) {
  if (!process.argv.includes('--if-possible')) throw error;
  const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  process.stderr.write(`The program was not bundled (${why}). It runs all the same, and starts more slowly.\n`);
}
