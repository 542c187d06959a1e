import { createInterface } from 'node:readline';
import type { HouseEvent } from '../domain/events.ts';
import { storyLine } from '../observability/story.ts';
import { Conversation } from './conversation.ts';
import { answerTo } from './demo-answer.ts';
import { openDemoHouse, roles, type Role } from './demo-house.ts';
import { openDemoPage } from './demo-page.ts';
import { untilStopped } from './signals.ts';

export type DemoOptions = {
  /** What is said, one after the other; empty for the chat page and a prompt in the terminal. */
  readonly says: readonly string[];
  readonly as: Role;
  readonly languageCode: string;
  readonly output: string;
  /** Of the chat page; 0 takes a free one. */
  readonly port: number;
};

/** Long enough to see who waits and to press cancel. */
const watchablePictureMs = 2_500;
const quiet: ReadonlySet<HouseEvent['event']> = new Set(['house.recovered', 'house.stopping', 'house.stopped']);

/** Opens the chat page, or plays a person who says something; exit code 1 when a request did not get its result. */
export async function demo(options: DemoOptions): Promise<void> {
  const { says, as, languageCode, output, port } = options;
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const listeners = new Set<(event: HouseEvent) => void>();
  const onEvent = (listener: (event: HouseEvent) => void): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const pictureMs = says.length > 0 ? undefined : watchablePictureMs;
  // What is said without a page shows the keys one after the other, the same in every run.
  const rotation = says.length > 0 ? 'round-robin' : 'health-based';
  // The address stands above the story, which begins before there is one.
  let early: string[] | undefined = says.length > 0 ? undefined : [];
  await using demoHouse = await openDemoHouse(
    (event) => {
      const line = `              . ${storyLine(event) ?? event.event}`;
      if (early !== undefined) early.push(line);
      else if (!quiet.has(event.event)) print(line);
      for (const listener of listeners) listener(event);
    },
    pictureMs,
    rotation,
  );
  const { telegram, house } = demoHouse;
  if (says.length > 0) {
    const person = telegram.person({ id: roles[as], firstName: 'Robin', languageCode });
    const conversation = new Conversation({ telegram, person, output, print });
    for (const words of says) {
      print(`${'you'.padStart(11)} > ${words}`);
      if (!(await answerTo({ demoHouse, onEvent, person, words }))) process.exitCode = 1;
    }
    return await conversation.close();
  }
  await using page = await openDemoPage({ demoHouse, onEvent, first: as, languageCode, port });
  print(`The chat page is at ${page.url}`);
  for (const line of early ?? []) print(line);
  early = undefined;
  const person = page.participants.member(roles[as])?.person;
  if (!process.stdin.isTTY || person === undefined) return await untilStopped(house.broken);
  const conversation = new Conversation({ telegram, person, output, print });
  await talk({ conversation, say: (words) => void person.say(words), print, broken: house.broken });
  await conversation.close();
}

/** A prompt in the terminal, until Ctrl-C or the end of input. */
async function talk(options: {
  readonly conversation: Conversation;
  readonly say: (words: string) => void;
  readonly print: (line: string) => void;
  readonly broken: Promise<never>;
}): Promise<void> {
  const { conversation, say, print, broken } = options;
  print('One can type here too, for example: /generate a red fox in the snow');
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
  await Promise.race([left, broken]);
  lines.close();
  print('\nBye.');
}
