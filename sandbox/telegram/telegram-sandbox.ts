import type { BotCommand, StarTransaction } from 'grammy/types';
import type { Clock } from '../../src/kit/clock.ts';
import { ApiService, type RecordedCall } from './api-service.ts';
import { startApiServer } from './api-server.ts';
import type { ChangeListener } from './changes.ts';
import type { Profile, StoredChat } from './chats.ts';
import { scopesFor } from './command-store.ts';
import { FaultPlan, type TelegramFault } from './faults.ts';
import { seededRandom } from '../seeded-random.ts';
import { addGroup, type Group, type GroupProfile } from './people/group.ts';
import type { StoredMessage } from './messages/stored-message.ts';
import { createPeopleApi } from './people/people-api.ts';
import { addPerson, type Person } from './people/person.ts';
import { TelegramState } from './telegram-state.ts';

export type TelegramSandboxOptions = {
  /** A free port when absent. */
  readonly port?: number;
  readonly host?: string;
  readonly token: string;
  readonly clock: Clock;
  readonly botUsername?: string;
  readonly faults?: readonly TelegramFault[];
};

/** A message with buttons, and what these send. */
export type MessageButtons = { readonly chatId: number; readonly messageId: number; readonly data: readonly string[] };

/** A running stand-in for Telegram. The bot calls `url`; tests and programs act through the methods. */
export type TelegramSandbox = AsyncDisposable & {
  /** The root of the Bot API, without a trailing slash. */
  readonly url: string;
  readonly token: string;
  readonly botUsername: string;
  /** The calls of known methods in the order of arrival, the latest 20,000. */
  readonly calls: readonly RecordedCall[];
  person(profile: Profile): Person;
  group(profile: GroupProfile): Group;
  /** Disposing ends the fault. */
  addFault(fault: TelegramFault): Disposable;
  /** Ends every fault. */
  clearFaults(): void;
  /** The commands in the menu of a user with this language. */
  commandsFor(chatId: number, userId: number, languageCode?: string): readonly BotCommand[];
  onChange(listener: ChangeListener): Disposable;
  fileBytes(fileId: string): { readonly bytes: Uint8Array; readonly name: string } | undefined;
  /** The data of the buttons of a message that people see; none where there is no such message. */
  buttonsOf(chatId: number, messageId: number): readonly string[];
  /** Every message that people see with buttons, and what these send. */
  withButtons(): readonly MessageButtons[];
  /** While offline, every connection is cut. */
  setOffline(offline: boolean): void;
  /** What people have paid and got back, as Telegram's own list has it. */
  readonly transactions: readonly StarTransaction[];
  /** While true, payments go through and the bot hears of them only in the list of transactions. */
  setPaymentsUnheard(unheard: boolean): void;
  /** From now on no call may name a file that was sent before by its id. */
  forgetFileIds(): void;
  /** Queues an update as it is; returns its id, the next free one when it has none. */
  sendUpdate(raw: Readonly<Record<string, unknown>>): number;
  /** Delivers an update once more, confirmed or not; throws for an unknown id. */
  redeliver(updateId: number): void;
};

/** Fixed, so that faults with a share hit the same calls in every run. */
const faultSeed = 20_260_824;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startTelegramSandbox(options: TelegramSandboxOptions): Promise<TelegramSandbox> {
  const { clock, token, botUsername = 'darkroom_sandbox_bot' } = options;
  const state = new TelegramState({
    clock,
    token,
    botUsername,
    perform: (method, params) => service.serve(method, params, closing.signal),
  });
  const faults = new FaultPlan(options.faults ?? [], seededRandom(faultSeed));
  const closing = new AbortController();
  const service = new ApiService({ state, faults, closing: closing.signal });
  const { host = '127.0.0.1', port = 0 } = options;
  const people = new Map<number, Person>();
  const add = (profile: Profile): Person => {
    const person = addPerson(state, profile);
    people.set(person.id, person);
    return person;
  };
  const peopleApi = createPeopleApi({ known: people, add });
  const server = await startApiServer({ host, port, token, service, files: state.files, peopleApi });
  return {
    url: server.url,
    token,
    botUsername,
    calls: service.calls,
    person: add,
    group: (profile) => addGroup(state, profile),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    commandsFor: (chatId, userId, languageCode = '') => {
      const chat = state.chats.get(chatId);
      const isAdmin = chat?.kind === 'group' && chat.admins.has(userId);
      return state.commands.firstOf(scopesFor(chatId, userId, isAdmin), languageCode);
    },
    onChange: (listener) => state.changes.listen(listener),
    fileBytes: (fileId) => {
      const file = state.files.find(fileId);
      return file === undefined ? undefined : { bytes: file.bytes, name: file.name };
    },
    buttonsOf: (chatId, messageId) => {
      const chat = state.chats.get(chatId);
      const message = chat === undefined || !hasReaders(chat) ? undefined : chat.messages.get(messageId);
      return message === undefined ? [] : buttonData(message);
    },
    withButtons: () =>
      [...state.chats.values()].filter(hasReaders).flatMap((chat) =>
        [...chat.messages.values()].flatMap((message) => {
          const data = buttonData(message);
          return data.length === 0 ? [] : [{ chatId: chat.id, messageId: message.id, data }];
        }),
      ),
    setOffline: (offline) => server.setOffline(offline),
    transactions: state.payments.transactions,
    setPaymentsUnheard: (unheard) => void (state.payments.losesMessages = unheard),
    forgetFileIds: () => state.files.forgetIds(),
    sendUpdate: (raw) => state.updates.addRaw(raw),
    redeliver: (updateId) => state.updates.redeliver(updateId),
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('The Telegram sandbox has been closed'));
      state.webhook.set(undefined);
      state.queries.close();
      state.inlineQueries.close();
      state.payments.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** There are no readers in a group that became a supergroup. */
function hasReaders(chat: StoredChat): boolean {
  return chat.kind !== 'group' || chat.upgradedTo === undefined;
}

function buttonData({ keyboard }: StoredMessage): readonly string[] {
  const rows = keyboard?.inline_keyboard ?? [];
  return rows.flat().flatMap((button) => ('callback_data' in button ? [button.callback_data] : []));
}
