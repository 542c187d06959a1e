import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/darkroom.js', import.meta.url));

/** Runs the command on a Node that believes it is another version, and says where it went. */
function runOn(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const stop = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => name === '../src/main.ts' || name.includes('/darkroom-bundle/')
      ? { url: 'data:text/javascript,process.stdout.write("main")', shortCircuit: true } : next(name, context) });`;
  const imports = [pretend, stop].flatMap((code) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...imports, bin], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each(['0.12.18', '8.17.0', '20.20.2', '24.14.9'])(
  'darkroom says in one sentence that Node %s is too old',
  (version) => {
    expect(runOn(version)).toEqual({
      status: 1,
      stdout: '',
      stderr: `Cannot start darkroom on Node ${version}: it needs Node 24.15 or newer; install that, or use "npm start", which brings its own\n`,
    });
  },
);

test.each(['24.15.0', '24.21.0', '25.0.0', '26.1.0-nightly'])('darkroom starts on Node %s', (version) => {
  expect(runOn(version)).toEqual({ status: 0, stdout: 'main', stderr: '' });
});

test('darkroom may be run as a program', () => {
  expect(statSync(bin).mode & 0o777).toBe(0o755);
});
