import { type Api, GrammyError } from 'grammy';
import type { BotCommandScope, LanguageCode } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { ChatStore } from '../../domain/chats/chat-store.ts';
import type { Users } from '../../domain/users.ts';
import type { Clock } from '../../kit/clock.ts';
import { languageOf } from '../../messages/catalog.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import { publishProfile } from './profile-texts.ts';
import { describeTelegramError, isAborted, classifyTelegramError } from '../outbox/telegram-error.ts';

export type CommandMenuOptions = {
  readonly api: Api;
  readonly messages: MessageMapper;
  readonly locales: readonly string[];
  readonly defaultLocale: string;
  readonly adminIds: ReadonlySet<number>;
  readonly users: Users;
  readonly chats: Pick<ChatStore, 'wereMenusDeleted' | 'noteMenusDeleted'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Lists for these hide the general one; another program, or an earlier version, may have published them. */
const narrowScopes = ['all_private_chats', 'all_group_chats', 'all_chat_administrators'] as const;
/** The languages of Telegram's clients; a list for one of them hides the list without a language. */
const clientLanguages =
  'en ar az be bg bn ca cs da de el es et eu fa fi fr gl gu he hi hr hu hy id is it ja ka kk km ko ky lt lv mk ml mn mr ms my nb ne nl no or pa pl pt ro ru sd si sk sl sq sr sv sw ta te tg th tk tl tr ug uk ur uz vi yi zh'.split(
    ' ',
  );
/** Many calls that nothing waits for, the profile's among them: they come when the start is over. */
const tidyAfterMs = 30_000;
const maxRemembered = 1_000;

/**
 * Publishes the command list for every language; `/keys` only in admins' own chats. A list for one language replaces the
 * general one entirely, so each is complete. Lists of other scopes and languages, and those of former admins, are deleted.
 * An error is reported and otherwise ignored: the bot works without a menu.
 */
export class CommandMenu implements Disposable {
  readonly #options: CommandMenuOptions;
  /** Admins with a published list. */
  readonly #published = new Set<number>();
  /** People whose own list was deleted. */
  readonly #withoutList = new Set<number>();
  #tidying: Disposable | undefined;
  #isClosed = false;

  constructor(options: CommandMenuOptions) {
    this.#options = options;
  }

  /** Publishes the list for everybody, and for the admins who have a chat with the bot. */
  async publish(): Promise<void> {
    const { adminIds, locales, clock } = this.#options;
    await this.#publishLists({ admin: false });
    for (const adminId of adminIds) {
      if (await this.#publishLists({ admin: true, chatId: adminId })) await this.#remember(adminId);
    }
    for (const type of narrowScopes) await this.#deleteLists({ type }, [undefined, ...locales]);
    await this.#forgetFormerAdmins();
    if (this.#isClosed) return;
    this.#tidying = clock.schedule(tidyAfterMs, () => {
      void this.#tidy();
    });
  }

  async #tidy(): Promise<void> {
    await this.#deleteOtherLanguages();
    if (this.#isClosed) return;
    const tried = (method: string, call: () => Promise<unknown>) => this.#tried(method, call, false);
    await publishProfile({ ...this.#options, tried });
  }

  /** Publishes the list of an admin who has just written, once per process. */
  async publishFor(adminId: number): Promise<void> {
    if (this.#published.has(adminId)) return;
    this.#published.add(adminId);
    await this.#publishLists({ admin: true, chatId: adminId });
  }

  /** Deletes the own list of a person who is no admin and knows of /keys: perhaps a former one. */
  async removeFor(userId: number): Promise<void> {
    if (this.#withoutList.has(userId) || this.#withoutList.size >= maxRemembered) return;
    this.#withoutList.add(userId);
    await this.#deleteLists({ type: 'chat', chat_id: userId }, [undefined, ...this.#options.locales]);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#tidying?.[Symbol.dispose]();
  }

  /** Resolves with false when the chat is not open, which is no error. */
  async #publishLists(whose: { readonly admin: boolean; readonly chatId?: number }): Promise<boolean> {
    const { api, messages, locales, defaultLocale } = this.#options;
    const scope = whose.chatId === undefined ? {} : { scope: { type: 'chat', chat_id: whose.chatId } as const };
    for (const language of [undefined, ...locales]) {
      const commands = messages.commands(language ?? defaultLocale, whose);
      const call = () => api.setMyCommands(commands, { ...named(language), ...scope });
      const done = await this.#tried('setMyCommands', call, whose.chatId !== undefined);
      if (done === 'stop') return false;
    }
    return true;
  }

  /** An admin's chat is remembered, so that its list can be deleted when the admin is none any more. */
  async #remember(adminId: number): Promise<void> {
    const { users, defaultLocale, emit } = this.#options;
    this.#published.add(adminId);
    try {
      if ((await users.find(adminId)).heardLocale === undefined) await users.hear(adminId, defaultLocale);
    } catch (error) {
      emit({ event: 'app.error', what: 'remember the chat of an admin', error });
    }
  }

  async #forgetFormerAdmins(): Promise<void> {
    const { users, adminIds, locales, emit } = this.#options;
    try {
      for (const id of await users.heard()) {
        if (adminIds.has(id)) continue;
        const isGone = await this.#deleteLists({ type: 'chat', chat_id: id }, [undefined, ...locales]);
        if (isGone) await users.unhear(id);
      }
    } catch (error) {
      emit({ event: 'app.error', what: 'delete the menus of former admins', error });
    }
  }

  /** Some three hundred calls, so they are made once in the life of a bot; a refusal puts the rest off to the next start. */
  async #deleteOtherLanguages(): Promise<void> {
    const { locales, chats, emit } = this.#options;
    try {
      if (await chats.wereMenusDeleted()) return;
      const own = new Set(locales.map(languageOf));
      const others = clientLanguages.filter((language) => !own.has(language));
      for (const type of ['default', ...narrowScopes] as const) {
        if (!(await this.#deleteLists({ type }, others))) return;
      }
      await chats.noteMenusDeleted();
    } catch (error) {
      emit({ event: 'app.error', what: 'delete the menus of other languages', error });
    }
  }

  /** Resolves with whether all are gone. */
  async #deleteLists(scope: BotCommandScope, languages: readonly (string | undefined)[]): Promise<boolean> {
    const { api } = this.#options;
    for (const language of languages) {
      if (this.#isClosed) return false;
      const call = () => api.deleteMyCommands({ ...named(language), scope });
      const done = await this.#tried('deleteMyCommands', call, scope.type === 'chat');
      if (done !== 'done') return done === 'stop' && scope.type === 'chat';
    }
    return true;
  }

  /** `stop` when the app stops or the chat is not open; other errors are reported. */
  async #tried(method: string, call: () => Promise<unknown>, inChat: boolean): Promise<'done' | 'failed' | 'stop'> {
    const { emit } = this.#options;
    try {
      await call();
      return 'done';
    } catch (error) {
      // The app stops; the next start publishes all lists again.
      if (isAborted(error)) return 'stop';
      if (inChat && error instanceof GrammyError && classifyTelegramError(error) === 'closed') return 'stop';
      emit({ event: 'telegram.error', method, detail: describeTelegramError(error) });
      return 'failed';
    }
  }
}

/** Telegram names a list's language by two letters, without a region. */
function named(locale: string | undefined) {
  return locale === undefined ? {} : { language_code: languageOf(locale) as LanguageCode };
}
