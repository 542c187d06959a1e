import { existsSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Person } from '../../../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../../../sandbox/telegram/messages/seen-message.ts';
import type { TelegramSandbox } from '../../../sandbox/telegram/telegram-sandbox.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import { kindCommands } from '../../domain/kinds.ts';
import { type DemoApp, openDemoApp, roles, type Role } from './demo-app.ts';
import { createInterface } from 'node:readline';
import { describeError } from '../../observability/describe-error.ts';
import { eventLine } from '../../observability/event-line.ts';
import { makeFolder } from '../../kit/files.ts';
import type { EmitOfDemo } from './demo-bots.ts';
import { openDemoPage } from './demo-page.ts';
import { onStop, untilStopped } from '../stop-signals.ts';

export type ConversationOptions = {
  readonly telegram: TelegramSandbox;
  readonly person: Person;
  /** Where received files are saved. */
  readonly output: string;
  readonly print: (line: string) => void;
};

/** Prints one person's chat as lines of text, edits included, and saves every file. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #listening: Disposable;
  /** What became of each file, by its id. */
  readonly #saved = new Map<string, string>();
  #hasLost = false;

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

  /** Presses the nth button, counted from 1, of the latest message that has one; returns whether there was one. */
  press(number: number): boolean {
    const { person } = this.#options;
    const message = person.messages().findLast(({ buttons }) => buttons.flat().length >= number);
    const button = message?.buttons.flat()[number - 1];
    if (message === undefined || button?.data === undefined) return false;
    person.press(message.id, button.data);
    return true;
  }

  /** A file could not be saved. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  close(): void {
    this.#listening[Symbol.dispose]();
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
    const received = this.#options.telegram.fileBytes(file.fileId);
    if (received === undefined) return kind;
    const saved = this.#saved.get(file.fileId) ?? this.#save(received);
    this.#saved.set(file.fileId, saved);
    return `${kind}, ${Math.max(1, Math.round(received.bytes.length / 1024))} kB, ${saved}`;
  }

  #save({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): string {
    const { output } = this.#options;
    try {
      makeFolder(output);
      const path = freePath(output, name);
      writeFileSync(path, bytes);
      return `saved as ${path}`;
    } catch (error) {
      this.#hasLost = true;
      return `not saved: ${error instanceof Error ? error.message : describeError(error)}; --output chooses another folder`;
    }
  }
}

/** A name that no existing file has: `fox.png`, then `fox-2.png`. */
function freePath(folder: string, name: string): string {
  const { name: stem, ext } = parse(name);
  for (let number = 1; ; number += 1) {
    const path = join(folder, number === 1 ? name : `${stem}-${number}${ext}`);
    if (!existsSync(path)) return path;
  }
}

const maxAnswerMs = 60_000;
const request = new RegExp(String.raw`^/(?:${kindCommands.join('|')})\b\s*\S`);
const endEvents: ReadonlySet<AppEvent['event']> = new Set(['job.delivered', 'job.notified', 'job.undeliverable']);

/** Sends a message and waits for the result of a request, or for the answer to anything else; false when none came. */
export async function answerTo(options: {
  readonly demoApp: DemoApp;
  readonly onEvent: (listener: (event: AppEvent) => void) => Disposable;
  readonly person: Person;
  readonly words: string;
}): Promise<boolean> {
  const { demoApp, onEvent, person, words } = options;
  const { bot, telegram } = demoApp;
  const asksForResult = request.test(words);
  const before = new Set(person.messages().map(({ id }) => id));
  const ended = Promise.withResolvers<boolean>();
  let messageId: number | undefined;
  const settle = async (id: JobId, event: AppEvent['event']) => {
    const found = await bot.ask({ kind: 'find', id });
    if (found?.job.origin.messageId === messageId) ended.resolve(event === 'job.delivered');
  };
  using _listening = onEvent((event) => {
    if ('jobId' in event && endEvents.has(event.event)) void settle(event.jobId, event.event);
  });
  using _timer = limit(() => ended.resolve(false));
  using _watching = telegram.onChange((change) => {
    const isAnswer = change.kind === 'message-sent' && change.from === 'bot' && !before.has(change.messageId);
    if (!asksForResult && change.chatId === person.id && isAnswer) ended.resolve(true);
  });
  messageId = person.say(words);
  return await ended.promise;
}

function limit(onEnd: () => void): Disposable {
  const timer = setTimeout(onEnd, maxAnswerMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

export type DemoOptions = {
  /** Messages to send, in order; empty for the chat page and a prompt in the terminal. */
  readonly says: readonly string[];
  readonly as: Role;
  readonly languageCode: string;
  readonly output: string;
  /** Of the chat page; 0 takes a free one. */
  readonly port: number;
  /** Of the bot; several share a PostgreSQL. */
  readonly processes: number;
};

/** Long enough to see who waits and to press cancel. */
const watchablePictureMs = 2_500;
/** What holds for a bot of one's own alone, for example its address at Telegram, and its start and end. */
const hiddenEvents: ReadonlySet<AppEvent['event']> = new Set([
  'app.ready',
  'app.recovered',
  'app.stopping',
  'app.stopped',
]);

/** Opens the chat page, or sends the given messages; exit code 1 when a request did not get its result. */
export async function demo(options: DemoOptions): Promise<void> {
  const { says, as, languageCode, output, port, processes } = options;
  // Listens from the first moment: a signal without a listener would leave the data folder behind.
  const asked = onStop({ endsAtHangup: true });
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const listeners = new Set<EmitOfDemo>();
  const onEvent = (listener: EmitOfDemo): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const pictureMs = says.length > 0 ? undefined : watchablePictureMs;
  // Without a page the keys are used one after the other, the same in every run.
  const rotation = says.length > 0 ? 'round-robin' : 'health-based';
  // Events that come before the page has an address are printed below it.
  let early: string[] | undefined = says.length > 0 ? undefined : [];
  await using demoApp = await openDemoApp({
    emit: (event, process) => {
      const by = process === undefined ? '' : `[${process}] `;
      const line = `              . ${by}${eventLine(event) ?? event.event}`;
      if (!hiddenEvents.has(event.event)) {
        if (early === undefined) print(line);
        else early.push(line);
      }
      for (const listener of listeners) listener(event, process);
    },
    pictureMs,
    rotation,
    processes,
  });
  const { telegram, bot } = demoApp;
  if (says.length > 0) {
    const person = telegram.person({ id: roles[as], firstName: 'Robin', languageCode });
    const conversation = new Conversation({ telegram, person, output, print });
    for (const words of says) {
      print(`${'you'.padStart(11)} > ${words}`);
      const answered = await Promise.race([answerTo({ demoApp, onEvent, person, words }), asked]);
      if (answered !== true) process.exitCode = 1;
      if (answered === undefined) break;
    }
    if (conversation.hasLost) process.exitCode = 1;
    return conversation.close();
  }
  await using page = await openDemoPage({ demoApp, onEvent, first: as, languageCode, port });
  print(`The chat page is at ${page.url}`);
  for (const line of early ?? []) print(line);
  early = undefined;
  const person = page.participants.member(roles[as])?.person;
  if (!process.stdin.isTTY || person === undefined) return await untilStopped(bot.broken, asked);
  const conversation = new Conversation({ telegram, person, output, print });
  await talk({ conversation, say: (words) => void person.say(words), print, broken: bot.broken, asked });
  conversation.close();
}

/** A prompt in the terminal, until Ctrl-C or the end of input. */
async function talk(options: {
  readonly conversation: Conversation;
  readonly say: (words: string) => void;
  readonly print: (line: string) => void;
  readonly broken: Promise<never>;
  readonly asked: Promise<void>;
}): Promise<void> {
  const { conversation, say, print, broken, asked } = options;
  print('One can type here too, for example: /generate a red fox in the snow');
  print('#1 presses the first button of the latest message. Ctrl-C leaves.');
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'you > ' });
  const left = new Promise<void>((resolve) => {
    lines.on('close', resolve);
    lines.on('SIGINT', () => lines.close());
  });
  lines.on('line', (line) => {
    const words = line.trim();
    const button = /^#([1-9][0-9]?)$/.exec(words)?.[1];
    if (button !== undefined) {
      if (!conversation.press(Number(button))) print('There is no such button.');
    } else if (words !== '') say(words);
  });
  await Promise.race([left, broken, asked]);
  lines.close();
  print('\nBye.');
}
