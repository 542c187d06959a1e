/**
 * Runs after `npm ci` and `npm install`. Where the machine's Node is older than the project needs, it links the pinned
 * Node into node_modules/.bin, where npm scripts find it first. The Node lies once per machine, outside the clones, in
 * $XDG_CACHE_HOME/darkroom (~/.cache/darkroom): 121 MB that no clone has to hold. Its package comes from the npm registry,
 * checked against the lock file beside this script.
 *
 * Plain JavaScript: this must run on Node 20.
 */
import { execFileSync } from 'node:child_process';
import { constants, accessSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const leastNode = [24, 15];
const require = createRequire(import.meta.url);
const { version, optionalDependencies } = require('./package.json');
const packageName = `node-${process.platform}-${process.arch}`;

if (process.env.NODE_ENV !== 'production' && !isRecent(process.versions.node)) provide();

function isRecent(candidate) {
  const [major, minor] = candidate.split('.').map(Number);
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
}

function provide() {
  if (!(packageName in optionalDependencies)) {
    throw new Error(
      `Cannot develop on Node ${process.versions.node}: there is no package ${packageName}, install Node ${leastNode.join('.')} or newer`,
    );
  }
  const link = join(process.cwd(), 'node_modules/.bin/node');
  const program = cachedNode();
  mkdirSync(join(link, '..'), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(program, link);
}

/** The path of the program, installed first where it is not there yet. */
function cachedNode() {
  const cache = writableCache();
  const folder = join(cache, `node-${version}-${process.arch}`);
  const inFolder = join('node_modules', packageName, 'bin/node');
  const program = join(folder, inFolder);
  if (isProgram(program)) return program;
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    install(draft);
    // npm skips an optional package that it cannot have, and calls that a success.
    accessSync(join(draft, inFolder), constants.X_OK);
    // Another installation may have been faster; what it left is replaced only when it is not whole.
    if (!isProgram(program)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return program;
}

/** The cache of the person; inside the clone where there is no home to write to. */
function writableCache() {
  const shared = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'darkroom');
  try {
    mkdirSync(shared, { recursive: true });
    accessSync(shared, constants.W_OK);
    return shared;
  } catch {
    const own = join(process.cwd(), 'node_modules/.cache/darkroom-node');
    mkdirSync(own, { recursive: true });
    return own;
  }
}

function install(folder) {
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(here, name), join(folder, name));
  }
  // npm tells its children which project they belong to: this one belongs to another.
  const { npm_config_local_prefix: _project, npm_execpath: npm = '', ...env } = process.env;
  const args = ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync(process.execPath, [npm, ...args], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of ['include', 'share']) {
    rmSync(join(folder, 'node_modules', packageName, name), { recursive: true, force: true });
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
