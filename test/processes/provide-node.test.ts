import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const script = join(root, 'scripts/node/provide-node.js');
const { version } = JSON.parse(readFileSync(join(root, 'scripts/node/package.json'), 'utf8')) as { version: string };
const packageName = `node-${process.platform}-${process.arch}`;

/** A stand-in for npm that installs a package with headers, or leaves it out as npm does with an optional one. */
const fakeNpm = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync(process.env.CALLS, process.argv.slice(2).join(' ') + '\\n');
if (process.env.REFUSES !== 'yes') {
  const folder = 'node_modules/${packageName}/';
  for (const name of ['bin', 'include']) mkdirSync(folder + name, { recursive: true });
  writeFileSync(folder + 'bin/node', '#!/bin/sh\\necho provided\\n', { mode: 0o755 });
  writeFileSync(folder + 'include/node.h', '');
}`;

/** A project beside an empty cache; the script runs in it on a Node that states the given version. */
function aProject() {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-node-'));
  const [calls, npm, cache, project] = ['calls', 'npm.cjs', 'cache', 'project'].map((name) => join(folder, name));
  writeFileSync(npm ?? '', fakeNpm);
  writeFileSync(calls ?? '', '');
  execFileSync('mkdir', [project ?? '']);
  return {
    cache: cache ?? '',
    link: join(project ?? '', 'node_modules/.bin/node'),
    npmCalls: () => readFileSync(calls ?? '', 'utf8').split('\n').length - 1,
    provide: (statedVersion: string, env: Readonly<Record<string, string>> = {}) => {
      const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${statedVersion}' } })`;
      return spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, script], {
        cwd: project ?? '',
        encoding: 'utf8',
        env: { CALLS: calls ?? '', XDG_CACHE_HOME: cache ?? '', npm_execpath: npm ?? '', ...env },
      });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test('on an old Node the pinned one is linked from the cache, without its headers', () => {
  using project = aProject();
  expect(project.provide('20.20.2')).toMatchObject({ status: 0, stderr: '' });
  const folder = join(project.cache, 'darkroom', `node-${version}-${process.arch}`, 'node_modules', packageName);
  expect(readlinkSync(project.link)).toBe(join(folder, 'bin/node'));
  expect(execFileSync(project.link, { encoding: 'utf8' })).toBe('provided\n');
  expect(readdirSync(folder)).toEqual(['bin']);
});

test('a second installation takes the Node of the first', () => {
  using project = aProject();
  project.provide('20.20.2');
  rmSync(project.link);
  project.provide('24.14.9');
  expect(project.npmCalls()).toBe(1);
  expect(existsSync(project.link)).toBe(true);
});

test.each([
  ['a recent Node', '24.15.0', {}],
  ['a newer Node', '26.1.0', {}],
  ['an installation for production', '20.20.2', { NODE_ENV: 'production' }],
])('nothing is installed for %s', (_what, statedVersion, env) => {
  using project = aProject();
  expect(project.provide(statedVersion, env)).toMatchObject({ status: 0, stderr: '' });
  expect([project.npmCalls(), existsSync(project.link), existsSync(project.cache)]).toEqual([0, false, false]);
});

test('a package that npm left out is an error, and leaves nothing behind', () => {
  using project = aProject();
  const { status, stderr } = project.provide('20.20.2', { REFUSES: 'yes' });
  expect(status).not.toBe(0);
  expect(stderr).toContain(packageName);
  expect(readdirSync(join(project.cache, 'darkroom'))).toEqual([]);
});

test('a cache that cannot be written to is replaced by the clone itself', () => {
  using project = aProject();
  writeFileSync(project.cache, 'a file, not a folder');
  expect(project.provide('20.20.2')).toMatchObject({ status: 0, stderr: '' });
  expect(readlinkSync(project.link)).toContain('project/node_modules/.cache/darkroom-node/');
});
