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
    scripts: z.record(z.string(), z.string()),
  })
  .parse(read('package.json'));

const lockfile = z.object({
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
});
const { '': _project, ...packages } = lockfile.parse(read('package-lock.json')).packages;

test('every package is pinned to one version, the same in the lockfile (K22)', () => {
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(direct.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(direct.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
});

test('every package in the lockfiles is known by its content and comes from the registry (K22)', () => {
  const fetched = ['scripts/node/package-lock.json', 'scripts/bundle/package-lock.json'].flatMap((name) => {
    const { '': _project, ...others } = lockfile.parse(read(name)).packages;
    return Object.entries(others);
  });
  const all = [...Object.entries(packages), ...fetched];
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
  const elsewhere = all.filter(([, { resolved = '' }]) => /^(?:git|http:|file:)|github/.test(resolved));
  expect(elsewhere).toEqual([]);
});

test('no package runs anything when it is installed, and the project itself two scripts that install with none (K22)', () => {
  expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  const ownHooks = Object.entries(manifest.scripts).filter(([name]) => /^(?:pre|post)?(?:install|prepare)$/.test(name));
  const scripts = ['scripts/node/provide-node.js', 'scripts/bundle/make-bundle.js'];
  // A shell keeps the place of the `node` that it ran: only a new one finds the one that the first script brought.
  expect(ownHooks).toEqual([['postinstall', `node ${scripts[0]} && npm run --silent bundle -- --if-possible`]]);
  expect(manifest.scripts['bundle']).toBe(`node ${scripts[1]}`);
  for (const script of scripts) {
    expect(readFileSync(join(root, script), 'utf8')).toContain("'ci', '--prefix', folder");
    expect(readFileSync(join(root, script), 'utf8')).toContain("'--ignore-scripts'");
  }
});

test('the bundler of an installation without packages of development is that of the others (K22)', () => {
  const { '': _project, ...others } = lockfile.parse(read('scripts/bundle/package-lock.json')).packages;
  const own = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(read('scripts/bundle/package.json'));
  expect(own.dependencies).toEqual({ rolldown: manifest.devDependencies['rolldown'] });
  const rolldown = 'node_modules/rolldown';
  expect(others[rolldown]?.integrity).toBe(packages[rolldown]?.integrity);
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
