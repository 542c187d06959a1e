import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputFile } from 'grammy';
import { expect, test } from 'vitest';
import { Conversation } from '../../src/cli/demo/demo.ts';
import { aTelegram } from '../sandbox/telegram/a-telegram.ts';

/** What the demo prints when the bot sends a file while received files go into this folder. */
async function received(output: string) {
  await using telegram = await aTelegram();
  const { sandbox, ada, api } = telegram;
  ada.say('/start');
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const conversation = new Conversation({ telegram: sandbox, person: ada, output, print });
  await api.sendDocument(ada.id, new InputFile(Buffer.from('a fox'), 'fox.txt'));
  conversation.close();
  return { printed, hasLost: conversation.hasLost };
}

test('the demo saves what is received, in a folder that it makes', async () => {
  const home = mkdtempSync(join(tmpdir(), 'darkroom-conversation-'));
  using _cleaning = { [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
  const output = join(home, 'some', 'folder');
  expect(await received(output)).toEqual({
    printed: [`        bot > [document, 1 kB, saved as ${join(output, 'fox.txt')}]\n              `],
    hasLost: false,
  });
  expect(readFileSync(join(output, 'fox.txt'), 'utf8')).toBe('a fox');
});

test('the demo says that a file cannot be saved, and what to do', async () => {
  const home = mkdtempSync(join(tmpdir(), 'darkroom-conversation-'));
  using _cleaning = { [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
  const output = join(home, 'a-file');
  writeFileSync(output, '');
  const { printed, hasLost } = await received(output);
  expect(printed.join('\n')).toMatch(/document, 1 kB, not saved: ENOTDIR.*; --output chooses another folder\]/);
  expect(hasLost).toBe(true);
});

test('the demo says so of a folder that the system does not let anybody make', { timeout: 10_000 }, async () => {
  const { printed, hasLost } = await received('/proc/no-such-folder');
  expect(printed.join('\n')).toContain('not saved: ENOENT');
  expect(hasLost).toBe(true);
});
