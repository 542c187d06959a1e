import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** A folder with what the image holds, as .dockerignore and Dockerfile say, and the packages of this clone. */
function imageFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-image-'));
  const names = ['package.json', 'bin', 'locales', 'src'];
  for (const name of names) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, names, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function darkroom(folder: string, ...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/darkroom.js', ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

test('what the image leaves out ends with one sentence, and the rest does not miss it', () => {
  using image = imageFolder();
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  for (const name of image.names)
    expect(dockerfile).toMatch(new RegExp(`^COPY [^\\n]*\\b${name.replace('.', '\\.')}\\b`, 'm'));
  expect(dockerfile).not.toMatch(/^COPY [^\n]*(?:sandbox|simulator)/m);
  expect(darkroom(image.folder, '--help')).toMatchObject({ status: 0, stderr: '' });
  expect(darkroom(image.folder, 'simulate', '--help')).toMatchObject({ status: 0, stderr: '' });
  const refused = /^Cannot (?:open the sandbox|simulate): this installation holds only what runs the bot; .*\n$/;
  for (const words of [['demo', '--say', '/help'], ['sandbox'], ['simulate']]) {
    expect([words, darkroom(image.folder, ...words)]).toEqual([
      words,
      { status: 2, stdout: '', stderr: expect.stringMatching(refused) },
    ]);
  }
  const started = darkroom(image.folder, 'start');
  expect(started).toMatchObject({ status: 2, stderr: expect.stringContaining('TELEGRAM_BOT_TOKEN is missing') });
});
