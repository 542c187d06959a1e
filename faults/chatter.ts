import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';
import type { Group } from '../sandbox/telegram/people/group.ts';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { pause } from './disk-windows.ts';

/** An answer that has not come within this time counts as missing. */
const patienceMs = 30_000;
/** Between two words of a person in private, and of a person in a group. */
const pauseMs = { private: [2_000, 6_000], group: [10_000, 30_000] } as const;

/** What people say while nothing of theirs is being made, and how the answer begins. */
const smallTalk: readonly (readonly [words: string, answer: RegExp])[] = [
  ['/status', /^Your requests|You have no requests/],
  ['/help', /^What I can do/],
  ['/settings', /Your settings/],
  ['/history', /Your history/],
  ['/premium', /What premium changes/],
  ['/styles', /Styles/],
];

export type ChatterOptions = {
  readonly telegram: TelegramSandbox;
  readonly person: Person;
  readonly random: () => number;
  /** Where the person speaks, instead of in private. */
  readonly group?: Group;
};

/** One person who chats: asks for pictures and variations, cancels some, and asks for lists and settings meanwhile. */
export class Chatter {
  /** Milliseconds from each word or press to its answer. */
  readonly waitsMs: number[] = [];
  missing = 0;
  asked = 0;
  albums = 0;
  cancelled = 0;
  /** The messages that showed how a request goes on. */
  readonly statusMessages = new Set<number>();
  readonly #options: ChatterOptions;
  readonly #place: { readonly in?: Group };

  constructor(options: ChatterOptions) {
    this.#options = options;
    this.#place = options.group === undefined ? {} : { in: options.group };
  }

  get chatId(): number {
    return this.#options.group?.id ?? this.#options.person.id;
  }

  /** Chats until the signal aborts. */
  async chat(signal: AbortSignal): Promise<void> {
    const [leastMs, mostMs] = pauseMs[this.#options.group === undefined ? 'private' : 'group'];
    await pause(mostMs * this.#options.random(), signal);
    while (!signal.aborted) {
      await this.#act();
      await pause(leastMs + (mostMs - leastMs) * this.#options.random(), signal);
    }
  }

  async #act(): Promise<void> {
    const { random, group } = this.#options;
    const open = this.#own().find((message) => hasButton(message, 'cancel:'));
    if (open === undefined) return random() < 0.2 && group === undefined ? this.#vary() : this.#ask();
    if (group !== undefined) return;
    if (random() < 0.05) return this.#press(open, 'cancel:', () => (this.cancelled += 1));
    if (random() < 0.2) return this.#press(open, 'status:');
    const [words, answer] = smallTalk[Math.floor(smallTalk.length * random())] ?? ['/status', /./];
    await this.#say(words, (message) => answer.test(message.text));
  }

  async #ask(): Promise<void> {
    this.asked += 1;
    const { person, group } = this.#options;
    const prompt = `crow ${person.id} of day ${this.asked} end`;
    const name = group === undefined ? '' : '@darkroom_sandbox_bot';
    const status = await this.#say(`/generate${name} ${prompt}`, ({ text }) => text.includes(prompt));
    if (status !== undefined) this.statusMessages.add(status.id);
  }

  /** Asks for variations of a picture: an album. */
  async #vary(): Promise<void> {
    const picture = this.#own().findLast((message) => hasButton(message, '.vary') && message.photo !== undefined);
    if (picture === undefined) return this.#ask();
    await this.#press(picture, '.vary');
    const menu = this.#own().find(({ id }) => id === picture.id);
    if (menu === undefined || !hasButton(menu, '.vary.2')) return;
    await this.#press(menu, '.vary.2', () => (this.albums += 1));
  }

  async #press({ id, buttons }: SeenMessage, part: string, done?: () => void): Promise<void> {
    const data = buttons.flat().find((button) => button.data?.includes(part) === true)?.data;
    if (data === undefined) return;
    const startedMs = performance.now();
    const { answered } = this.#options.person.press(id, data, this.#place);
    if ((await answered).kind !== 'answered') {
      this.missing += 1;
      return;
    }
    this.waitsMs.push(performance.now() - startedMs);
    done?.();
  }

  async #say(words: string, isAnswer: (message: SeenMessage) => boolean): Promise<SeenMessage | undefined> {
    const { telegram, person, group } = this.#options;
    const answered = Promise.withResolvers<SeenMessage | undefined>();
    using _listening = telegram.onChange((change) => {
      if (change.kind !== 'message-sent' || change.from !== 'bot' || change.chatId !== this.chatId) return;
      const message = person.messages(group).find(({ id }) => id === change.messageId);
      if (message !== undefined && isAnswer(message)) answered.resolve(message);
    });
    const timeout = setTimeout(() => answered.resolve(undefined), patienceMs);
    const startedMs = performance.now();
    person.say(words, this.#place);
    const message = await answered.promise;
    clearTimeout(timeout);
    if (message === undefined) this.missing += 1;
    else this.waitsMs.push(performance.now() - startedMs);
    return message;
  }

  #own(): readonly SeenMessage[] {
    const { person, group } = this.#options;
    const about = `crow ${person.id} of day`;
    return person
      .messages(group)
      .filter(({ from, text, caption = '' }) => from === 'bot' && (text.includes(about) || caption.includes(about)));
  }
}

function hasButton({ buttons }: SeenMessage, part: string): boolean {
  return buttons.flat().some(({ data }) => data?.includes(part) === true);
}
