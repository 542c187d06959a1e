import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { debuggerWarnings } from '../../src/cli/start.ts';
import { StartError } from '../../src/app/start-error.ts';
import { source } from '../support/child-process.ts';

test('an open debugger is warned about, and refused in production (K18)', () => {
  const url = 'ws://127.0.0.1:9229/0f2c936f-b1cd-4ac9-aab3-f63b0f33d55e';
  expect(debuggerWarnings(undefined, { NODE_ENV: 'production' })).toEqual([]);
  expect(debuggerWarnings(url, {})).toEqual([expect.stringContaining('the debugger of Node is open')]);
  expect(() => debuggerWarnings(url, { NODE_ENV: 'production' })).toThrow(StartError);
});

test('neither way of running the bot leaves the memory of a crash on the disk (K18)', () => {
  const root = join(source, '..');
  expect(readFileSync(join(root, 'docs', 'darkroom.service'), 'utf8')).toMatch(/^LimitCORE=0$/m);
  expect(readFileSync(join(root, 'compose.yaml'), 'utf8')).toMatch(/^    ulimits:\n      core: 0$/m);
  const flags = ['Dockerfile', 'package.json', join('docs', 'darkroom.service')].filter((name) =>
    /--inspect|--heapsnapshot|--report-/.test(readFileSync(join(root, name), 'utf8')),
  );
  expect(flags).toEqual([]);
});
