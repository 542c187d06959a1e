import type { MessageEntity } from 'grammy/types';
import type { Group } from '../../sandbox/telegram/people/group.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { RecordedCall } from '../../sandbox/telegram/api-service.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { answerTo, callsOf, newMessage, until } from './talk.ts';
import { fromBot, type TestApp, wordsOf } from '../support/test-app.ts';

export const me = '@darkroom_sandbox_bot';

type More = Readonly<Record<string, unknown>>;

/** The sender, as Telegram names it. */
export function userOf(id: number, more: More = {}) {
  return { id, is_bot: false, first_name: `Person ${id}`, language_code: 'en', ...more };
}

/** A message in the person's own chat as Telegram sends it, commands marked as it marks them. */
export function messageOf(personId: number, more: More): More {
  const text = more['text'];
  return {
    message_id: 5_000,
    date: 1_790_000_000,
    chat: { id: personId, type: 'private', first_name: `Person ${personId}` },
    from: userOf(personId),
    ...(typeof text === 'string' ? { entities: commandsIn(text) } : {}),
    ...more,
  };
}

/** The same in a group. */
export function groupMessageOf(group: Group, personId: number, more: More): More {
  return messageOf(personId, { chat: { id: group.id, type: 'group', title: group.title }, ...more });
}

export function commandsIn(text: string): readonly MessageEntity[] {
  const [command] = /^\/[a-zA-Z0-9_]+(?:@\w+)?/.exec(text) ?? [];
  return command === undefined ? [] : [{ type: 'bot_command', offset: 0, length: command.length }];
}

/** Somebody who has written to the bot before, so that it may write to them. */
export async function acquaintance(app: TestApp, id = 7): Promise<Person> {
  const person = app.person(id);
  await answerTo(person, '/language');
  return person;
}

/** Lets the person send this message and answers the bot's next new one in their own chat. */
export async function answerToRaw(app: TestApp, person: Person, more: More): Promise<SeenMessage> {
  const before = new Set(person.messages().map(({ id }) => id));
  app.telegram.sendUpdate({ message: messageOf(person.id, more) });
  return newMessage(person, before);
}

/** Everything that the bot gave Telegram, as it went out. */
export function sent({ telegram }: Pick<TestApp, 'telegram'>): string {
  return JSON.stringify(telegram.calls.map(({ params }) => params));
}

let presses = 0;

/** A press with whatever data, under whatever message of the person's own chat; answers what appears over the chat. */
export async function pressRaw(app: TestApp, personId: number, more: More): Promise<string> {
  presses += 1;
  const id = `raw-${presses}`;
  app.telegram.sendUpdate({
    callback_query: {
      id,
      from: userOf(personId),
      chat_instance: '1',
      message: messageOf(personId, { message_id: 1, text: 'a message of the bot' }),
      ...more,
    },
  });
  const answered = (): RecordedCall | undefined =>
    callsOf(app, 'answerCallbackQuery').find(({ params }) => params['callback_query_id'] === id);
  await until(() => answered() !== undefined);
  const text = answered()?.params['text'];
  return typeof text === 'string' ? text : '';
}

/** Resolves when the bot has dealt with everything that was said in the person's chat before. */
export async function dealtWith(person: Person, group?: Group): Promise<void> {
  const place = group === undefined ? {} : { in: group };
  const choices = (messages: readonly SeenMessage[]) =>
    fromBot(messages, (one) => wordsOf(one).startsWith('🌍')).length;
  const before = choices(person.messages(group));
  person.say(group === undefined ? '/language' : `/language${me}`, place);
  await person.waitFor((seen) => choices(seen) > before, place);
}

/** The ids of all jobs that were accepted, in order. */
export function accepted({ events }: Pick<TestApp, 'events'>): readonly string[] {
  return events.flatMap((event) => (event.event === 'job.accepted' ? [event.jobId] : []));
}

/** What Telegram refused to do, whatever the reason; the menus of admins who never wrote apart. */
export function refusedCalls({ telegram }: Pick<TestApp, 'telegram'>): readonly string[] {
  return telegram.calls.flatMap(({ method, error }) =>
    error === undefined || method === 'setMyCommands' ? [] : [`${method}: ${error.code} ${error.description}`],
  );
}
