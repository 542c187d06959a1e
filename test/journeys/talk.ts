import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BytezCall } from '../../sandbox/bytez/call-log.ts';
import type { Group } from '../../sandbox/telegram/people/group.ts';
import type { Person, SayOptions } from '../../sandbox/telegram/people/person.ts';
import type { RecordedCall } from '../../sandbox/telegram/api-service.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { fromBot, type TestApp, wordsOf } from '../support/test-app.ts';

/** Says it and answers the bot's next new message. */
export async function answerTo(person: Person, words: string, options: SayOptions = {}): Promise<SeenMessage> {
  const before = new Set(person.messages(options.in).map(({ id }) => id));
  person.say(words, options);
  return newMessage(person, before, options);
}

/** The bot's first message that is not among those seen before. */
export async function newMessage(
  person: Person,
  before: ReadonlySet<number>,
  options: { readonly in?: Group } = {},
): Promise<SeenMessage> {
  const find = (messages: readonly SeenMessage[]) => fromBot(messages, ({ id }) => !before.has(id))[0];
  const found = find(await person.waitFor((messages) => find(messages) !== undefined, options));
  if (found === undefined) throw new Error('Cannot find the message that was there');
  return found;
}

/** Presses the button and answers the words that appear over the chat. */
export async function press(
  person: Person,
  messageId: number,
  button: string,
  options: { readonly in?: Group } = {},
): Promise<string> {
  const answer = await person.press(messageId, button, options).answered;
  return answer.kind === 'answered' ? (answer.text ?? '') : 'expired by Telegram';
}

/** Resolves when the message reads like this. */
export async function reads(person: Person, messageId: number, words: string | RegExp, group?: Group): Promise<void> {
  await person.waitFor(
    (messages) => {
      const text = wordsOf(messages.find(({ id }) => id === messageId));
      return typeof words === 'string' ? text.includes(words) : words.test(text);
    },
    group === undefined ? {} : { in: group },
  );
}

export function picturesOf(person: Person, group?: Group): readonly SeenMessage[] {
  return fromBot(person.messages(group), ({ photo }) => photo !== undefined);
}

/** Resolves with the person's messages as soon as there are so many pictures. */
export async function pictures(person: Person, count = 1, group?: Group): Promise<readonly SeenMessage[]> {
  await person.waitFor(
    (messages) => messages.filter(({ photo }) => photo !== undefined).length >= count,
    group === undefined ? {} : { in: group },
  );
  return picturesOf(person, group);
}

/** Every generation that the provider was asked for. */
export function runs({ bytez }: Pick<TestApp, 'bytez'>): readonly BytezCall[] {
  return bytez.calls.filter(({ route }) => route === 'run');
}

/** Looks until it holds, for at most so long. */
export async function until(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`Cannot wait any longer: it does not hold after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** Resolves when every update is handled and every outcome is stored as told, so nothing is being written. */
export async function untilIdle({ dataDir }: Pick<TestApp, 'dataDir'>): Promise<void> {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  const open = `SELECT 1 FROM inbox WHERE state = 'new' UNION ALL SELECT 1 FROM jobs WHERE state = 'ended'`;
  await until(() => database.prepare(open).get() === undefined);
}

/** Moves the bot's clock on, step by step, while what it started happens; answers what the work answers. */
export async function whileTimePasses<Answer>(clock: FakeClock, work: Promise<Answer>, stepMs = 250): Promise<Answer> {
  const ended = new AbortController();
  const answer = work.finally(() => ended.abort());
  answer.catch(() => undefined);
  while (!ended.signal.aborted) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return answer;
}

/** Calls of Telegram by method, in order. */
export function callsOf({ telegram }: Pick<TestApp, 'telegram'>, method: string): readonly RecordedCall[] {
  return telegram.calls.filter((call) => call.method === method);
}

/** What nobody should have to read in the log. */
export function troubles({ events }: Pick<TestApp, 'events'>): readonly string[] {
  return events.flatMap((event) => {
    if (event.event === 'app.error') return [`${event.what}: ${String(event.error)}`];
    if (event.event === 'update.failed') return [`update failed: ${String(event.error)}`];
    return event.event === 'telegram.error' ? [`${event.method}: ${event.detail}`] : [];
  });
}

/** How many events of this name there were. */
export function count({ events }: Pick<TestApp, 'events'>, name: string): number {
  return events.filter(({ event }) => event === name).length;
}

/** What each person has got: their pictures, by the words under them. */
export function resultsOf(people: readonly Person[]) {
  return people.map((person) => picturesOf(person).map((picture) => wordsOf(picture).split('\n')[0]));
}

/** Everybody asks for a picture of their own, and the first is being made. */
export async function askAll(app: Pick<TestApp, 'bytez'>, people: readonly Person[]): Promise<void> {
  for (const person of people) await answerTo(person, `/generate for ${person.id}`);
  await until(() => runs(app).length === 1);
}
