import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';

export type ConversationOptions = {
  readonly telegram: TelegramSandbox;
  readonly person: Person;
  /** Where received files are saved. */
  readonly output: string;
  readonly print: (line: string) => void;
};

/** Shows one person's chat as lines of text, edits included, and saves every file that comes. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #listening: Disposable;
  /** By file id. */
  readonly #saved = new Map<string, string>();
  readonly #saving: Promise<void>[] = [];

  constructor(options: ConversationOptions) {
    this.#options = options;
    const { telegram, person } = options;
    this.#listening = telegram.onChange((change) => {
      if (change.chatId !== person.id) return;
      if (change.kind === 'message-sent' && change.from === 'bot') this.#show(change.messageId, 'bot');
      if (change.kind === 'message-edited') this.#show(change.messageId, 'bot, edited');
      if (change.kind === 'callback-answered' && change.text !== undefined) options.print(`      (${change.text})`);
    });
  }

  /** Presses the nth button, counted from 1, of the latest message that has one; answers whether there was one. */
  press(number: number): boolean {
    const { person } = this.#options;
    const message = person.messages().findLast(({ buttons }) => buttons.flat().length >= number);
    const button = message?.buttons.flat()[number - 1];
    if (message === undefined || button?.data === undefined) return false;
    person.press(message.id, button.data);
    return true;
  }

  async close(): Promise<void> {
    this.#listening[Symbol.dispose]();
    await Promise.all(this.#saving);
  }

  #show(messageId: number, who: string): void {
    const { person, print } = this.#options;
    const message = person.messages().find(({ id }) => id === messageId);
    if (message === undefined) return;
    const words = (message.text || (message.caption ?? '')).split('\n');
    const file = this.#fileOf(message);
    if (file !== undefined) words.unshift(`[${file}]`);
    const buttons = message.buttons.flat().map(({ text }, index) => `[${index + 1}: ${text}]`);
    if (buttons.length > 0) words.push(buttons.join(' '));
    print(
      [`${who.padStart(11)} > ${words[0] ?? ''}`, ...words.slice(1).map((line) => `              ${line}`)].join('\n'),
    );
  }

  #fileOf(message: SeenMessage): string | undefined {
    const kind = message.photo ? 'photo' : message.video ? 'video' : message.document ? 'document' : undefined;
    const file = message.photo ?? message.video ?? message.document;
    if (kind === undefined || file === undefined) return undefined;
    const { telegram, output } = this.#options;
    const bytes = telegram.fileBytes(file.fileId);
    if (bytes === undefined) return kind;
    const path = this.#saved.get(file.fileId) ?? freePath(output, bytes.name);
    if (!this.#saved.has(file.fileId)) {
      this.#saved.set(file.fileId, path);
      this.#saving.push(mkdir(output, { recursive: true }).then(() => writeFile(path, bytes.bytes)));
    }
    return `${kind}, ${Math.max(1, Math.round(bytes.bytes.length / 1024))} kB, saved as ${path}`;
  }
}

/** A name that no file of an earlier run has: `fox.png`, then `fox-2.png`. */
function freePath(folder: string, name: string): string {
  const { name: stem, ext } = parse(name);
  for (let number = 1; ; number += 1) {
    const path = join(folder, number === 1 ? name : `${stem}-${number}${ext}`);
    if (!existsSync(path)) return path;
  }
}
