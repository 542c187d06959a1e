import type { HouseEvent } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import { kindCommands } from '../domain/kind-traits.ts';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { DemoHouse } from './demo-house.ts';

const answerWithinMs = 60_000;
const request = new RegExp(String.raw`^/(?:${kindCommands.join('|')})\b\s*\S`);
const endings: ReadonlySet<HouseEvent['event']> = new Set(['job.delivered', 'job.told', 'job.undeliverable']);

/** Says the words and waits for what they ask for: the result of a request, the answer to anything else. */
export async function answerTo(options: {
  readonly demoHouse: DemoHouse;
  readonly onEvent: (listener: (event: HouseEvent) => void) => Disposable;
  readonly person: Person;
  readonly words: string;
}): Promise<boolean> {
  const { demoHouse, onEvent, person, words } = options;
  const { house, telegram } = demoHouse;
  const asksForResult = request.test(words);
  const before = new Set(person.messages().map(({ id }) => id));
  const ended = Promise.withResolvers<boolean>();
  let messageId: number | undefined;
  const settle = async (id: JobId, event: HouseEvent['event']) => {
    const found = await house.service.find(id);
    if (found?.job.origin.messageId === messageId) ended.resolve(event === 'job.delivered');
  };
  using _listening = onEvent((event) => {
    if ('jobId' in event && endings.has(event.event)) void settle(event.jobId, event.event);
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
  const timer = setTimeout(onEnd, answerWithinMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
