import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { faultSchema } from '../../sandbox/bytez/bytez-fault.ts';
import { parseFaultsFile } from '../../sandbox/bytez/faults-file.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/sandbox.md'), 'utf8');

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(guide)?.[1];
  if (found === undefined) throw new Error(`Cannot find an example in ${language}: docs/sandbox.md has none`);
  return found;
}

test('the sandbox accepts the faults file of the guide', () => {
  expect(parseFaultsFile(JSON.parse(block('json'))).accounts).toHaveLength(3);
});

test('every fault has an example in the guide, and every example is a fault', () => {
  const examples = [...guide.matchAll(/^\| `(\{ "kind".*?\})` \|/gm)].map(([, example = '']) => {
    const { do: effect } = faultSchema.parse({ do: JSON.parse(example) });
    return effect.kind;
  });
  const kinds = faultSchema.shape.do.options.map(({ shape }) => shape.kind.value);
  expect(examples.toSorted()).toEqual(kinds.toSorted());
});

test('the flags of the guide are those of the command', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'src/main.ts'), 'sandbox', '--help']);
  const inHelp = stdout.match(/--[a-z]+(?:-[a-z]+)*/g)?.filter((flag) => flag !== '--help');
  const inGuide = [...guide.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag);
  expect(new Set(inGuide)).toEqual(new Set(inHelp));
});

test('the example for tests runs as it stands', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-guide-'));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  const file = join(folder, 'example.ts');
  const here = block('ts')
    .replaceAll("'../", `'${pathToFileURL(root).href}/`)
    .replace("'grammy'", `'${import.meta.resolve('grammy')}'`);
  writeFileSync(file, here);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  expect(stdout).toMatch(/^Hello, Ada \[/);
  expect(stdout).toContain("[ 'sendMessage', true ]");
  expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/models\/v2/);
});
