import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  filledNodes,
  parseWorkflow,
  readWorkflows,
  traitsOfWorkflow,
} from '../../../src/providers/comfyui/workflow.ts';

const folder = join(import.meta.dirname, '../../../docs/comfyui');
const picture = readFileSync(join(folder, 'picture.json'), 'utf8');

const text = (path: string) => readFileSync(path, 'utf8');

function parsed(text: string) {
  const found = parseWorkflow(text);
  if (!found.ok) throw new Error(found.mistakes.join('\n'));
  return found.workflow;
}

test.each([
  ['picture', 'image', { size: { width: 1_024, height: 1_024, step: 16 }, seed: true, negative: true }],
  ['edit', 'edit', { seed: true, negative: true }],
  ['video', 'video', { size: { width: 832, height: 480, step: 16 }, seed: true, negative: true }],
])('the example %s.json makes an %s and follows the options that it marks', (name, kind, traits) => {
  const workflow = parsed(readFileSync(join(folder, `${name}.json`), 'utf8'));
  expect([workflow.kind, traitsOfWorkflow(workflow)]).toEqual([kind, traits]);
});

const values = { prompt: 'a fox', negative: 'snow', seed: 7, size: { width: 640, height: 384 }, input: 'fox.png' };
const graph = (inputs: object) => JSON.stringify({ 3: { class_type: 'KSampler', inputs: { s: '%seed%', ...inputs } } });

test.each([
  ['%prompt%, oil on canvas', 'a fox, oil on canvas'],
  ['%negative% %negative_prompt%', 'snow snow'],
  ['%seed%', 7],
  ['fox-%seed%-%date%', 'fox-7-%date%'],
  [
    ['%width:512%', { at: '%height%' }],
    [640, { at: 384 }],
  ],
  [
    ['4', 0],
    ['4', 0],
  ],
])('filledNodes() of %j', (value, filled) => {
  const nodes = filledNodes(parsed(graph({ prompt: '%prompt%', w: '%width%', h: '%height%', value })), values);
  expect(nodes['3']).toMatchObject({ inputs: { prompt: 'a fox', s: 7, value: filled } });
});

test('words that look like a mark stay words', () => {
  const prompt = 'a sign saying %seed% and %input% $& $1';
  const nodes = filledNodes(parsed(graph({ text: '%prompt%', more: 'x %prompt%' })), { ...values, prompt });
  expect(nodes['3']).toMatchObject({ inputs: { text: prompt, more: `x ${prompt}` } });
});

test.each([
  ['{', 'is not JSON'],
  ['[]', 'is not an object of nodes'],
  ['{}', 'has no nodes'],
  ['{"nodes":[],"links":[]}', 'is in the format of the editor'],
  ['{"3":{"inputs":{}}}', 'has a node "3" without class_type and inputs'],
  [graph({}), 'marks no place for the words'],
  [picture.replace('"%seed%"', '1'), 'marks no seed'],
  [picture.replace('"%width:1024%"', '512'), 'marks only the height'],
  [picture.replace('"darkroom"', '"%prompt%"'), 'has "%prompt%" in a filename_prefix'],
  [picture.replace('SaveImage', 'SaveVideo').replace('"euler"', '"%input%"'), 'makes a video of a picture'],
])('parseWorkflow() of %s says what is wrong', (text, mistake) => {
  expect(parseWorkflow(text)).toMatchObject({ ok: false, mistakes: [expect.stringContaining(mistake)] });
});

test('the body of a call and a byte order mark are read, too', () => {
  expect(parseWorkflow(`\uFEFF{"client_id":"x","prompt":${picture}}`)).toEqual(parseWorkflow(picture));
});

test('readWorkflows() names the file of each mistake, and takes one workflow of a kind', () => {
  const [one, other, none] = ['picture', 'video', 'nothing'].map((name) => join(folder, `${name}.json`));
  const read = readWorkflows(` ${one}, ${other},`, text);
  expect(read.ok && [...read.workflows.keys()]).toEqual(['image', 'video']);
  expect(readWorkflows(`${none},${one},${one}`, text)).toEqual({
    ok: false,
    mistakes: [
      `${none} cannot be read (ENOENT)`,
      `${one} makes the same (image) as a file before it; name one of each kind`,
    ],
  });
});
