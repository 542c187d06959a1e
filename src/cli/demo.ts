import { createInterface } from 'node:readline';
import type { HouseEvent } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import { storyLine } from '../observability/story.ts';
import { Conversation } from './conversation.ts';
import { openDemoHouse, roles, type DemoHouse, type Role } from './demo-house.ts';

export type DemoOptions = {
  /** What is said, one after the other; empty for a prompt in the terminal. */
  readonly says: readonly string[];
  readonly as: Role;
  readonly languageCode: string;
  readonly output: string;
};

const answerWithinMs = 60_000;

/** Plays a person who talks to the bot in the sandbox; sets exit code 1 when a request did not get its result. */
export async function demo(options: DemoOptions): Promise<void> {
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const listeners = new Set<(event: HouseEvent) => void>();
  await using demoHouse = await openDemoHouse((event) => {
    if (!quiet.has(event.event)) print(`              . ${storyLine(event) ?? event.event}`);
    for (const listener of listeners) listener(event);
  });
  const { telegram } = demoHouse;
  const { as, languageCode, output } = options;
  const person = telegram.person({ id: roles[as], firstName: 'Robin', languageCode });
  const conversation = new Conversation({ telegram, person, output, print });
  if (options.says.length === 0) await talk(demoHouse, conversation, (words) => void person.say(words), print);
  else {
    for (const words of options.says) {
      print(`${'you'.padStart(11)} > ${words}`);
      const answered = await answerTo(demoHouse, listeners, person, words);
      if (!answered) process.exitCode = 1;
    }
  }
  await conversation.close();
}

const quiet: ReadonlySet<HouseEvent['event']> = new Set(['house.recovered', 'house.stopping', 'house.stopped']);
const endings: ReadonlySet<HouseEvent['event']> = new Set(['job.delivered', 'job.told', 'job.undeliverable']);

/** Says the words and waits for what they ask for: the result of a request, the answer to anything else. */
async function answerTo(
  { house, telegram }: DemoHouse,
  listeners: Set<(event: HouseEvent) => void>,
  person: ReturnType<DemoHouse['telegram']['person']>,
  words: string,
): Promise<boolean> {
  const asksForResult = /^\/(?:generate|video)\b\s*\S/.test(words);
  const before = new Set(person.messages().map(({ id }) => id));
  const ended = Promise.withResolvers<boolean>();
  let messageId: number | undefined;
  const settle = async (id: JobId, event: HouseEvent['event']) => {
    const found = await house.service.find(id);
    if (found?.job.origin.messageId === messageId) ended.resolve(event === 'job.delivered');
  };
  const listener = (event: HouseEvent) => {
    if ('jobId' in event && endings.has(event.event)) void settle(event.jobId, event.event);
  };
  listeners.add(listener);
  using _timer = limit(() => ended.resolve(false));
  using _watching = telegram.onChange((change) => {
    const isAnswer = change.kind === 'message-sent' && change.from === 'bot' && !before.has(change.messageId);
    if (!asksForResult && change.chatId === person.id && isAnswer) ended.resolve(true);
  });
  messageId = person.say(words);
  const answered = await ended.promise;
  listeners.delete(listener);
  return answered;
}

function limit(onEnd: () => void): Disposable {
  const timer = setTimeout(onEnd, answerWithinMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** A prompt in the terminal, until Ctrl-C or the end of input. */
async function talk(
  { house }: DemoHouse,
  conversation: Conversation,
  say: (words: string) => void,
  print: (line: string) => void,
): Promise<void> {
  print('Type to the bot, for example: /generate a red fox in the snow');
  print('#1 presses the first button of the latest message. Ctrl-C leaves.');
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'you > ' });
  const left = new Promise<void>((resolve) => {
    lines.on('close', resolve);
    lines.on('SIGINT', () => lines.close());
    process.once('SIGTERM', () => lines.close());
  });
  lines.on('line', (line) => {
    const words = line.trim();
    const button = /^#([1-9][0-9]?)$/.exec(words)?.[1];
    if (button !== undefined) {
      if (!conversation.press(Number(button))) print('There is no such button.');
    } else if (words !== '') say(words);
  });
  await Promise.race([left, house.broken]);
  lines.close();
  print('\nBye.');
}
