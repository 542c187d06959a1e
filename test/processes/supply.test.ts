import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

const manifest = z
  .object({
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(read('package.json'));

const locked = z
  .object({
    lockfileVersion: z.literal(3),
    packages: z.record(
      z.string(),
      z.looseObject({
        version: z.string(),
        integrity: z.string().optional(),
        resolved: z.string().optional(),
        hasInstallScript: z.boolean().optional(),
        dev: z.boolean().optional(),
      }),
    ),
  })
  .parse(read('package-lock.json'));
const { '': _house, ...packages } = locked.packages;

test('every package is pinned to one version, the same in the lockfile (K22)', () => {
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(direct.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(direct.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
});

test('every package in the lockfile is known by its content and comes from the registry (K22)', () => {
  const all = Object.entries(packages);
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
  const elsewhere = all.filter(([, { resolved = '' }]) => /^(?:git|http:|file:)|github/.test(resolved));
  expect(elsewhere).toEqual([]);
});

test('no package runs anything when it is installed, but the one that is allowed to (K22)', () => {
  const running = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace('node_modules/', '')] : [],
  );
  expect(running).toEqual(Object.keys(manifest.allowScripts));
  expect(running.every((name) => name in manifest.devDependencies)).toBe(true);
});

test('a clean install follows the lockfile to the letter (K22)', () => {
  const installing = ['.ci/run', 'Dockerfile'].flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .filter((line) => /\bnpm (?:ci|i|install|add)\b/.test(line)),
  );
  expect(installing.length).toBeGreaterThanOrEqual(2);
  expect(installing.filter((line) => !line.includes('npm ci'))).toEqual([]);
});

const development = 'cdx:npm:package:development';

// With --omit=dev npm would also leave out what the bot and a package of development both need.
test.each([
  ['npm sbom', []],
  ['npm sbom --package-lock-only', ['--package-lock-only']],
])(
  '%s lists every package of the running bot, tells those of development apart, and needs no network (K22)',
  (_, more) => {
    const { status, stdout } = spawnSync('npm', ['sbom', '--offline', ...more], { cwd: root, encoding: 'utf8' });
    expect(status).toBe(0);
    const property = z.object({ name: z.string(), value: z.string() });
    const bill = z
      .object({
        bomFormat: z.literal('CycloneDX'),
        components: z.array(z.object({ purl: z.string(), properties: z.array(property).default([]) })),
      })
      .parse(JSON.parse(stdout));
    const running = bill.components.filter(({ properties }) => properties.every(({ name }) => name !== development));
    const expected = Object.entries(packages).flatMap(([path, { dev = false, version }]) =>
      dev ? [] : [`pkg:npm/${path.replace(/^.*node_modules\//, '').replace('@', '%40')}@${version}`],
    );
    expect(expected.length).toBeGreaterThan(30);
    expect(running.map(({ purl }) => purl).toSorted()).toEqual(expected.toSorted());
  },
);
