import type { Person } from '../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';

const firstId = 50_000;
/** The pause before a person asks for the next picture. */
const pauseMs = 50;
/** Who has waited for so long asks for their requests. */
const lookAfterMs = 20_000;

export type PeopleOptions = {
  readonly telegram: TelegramSandbox;
  readonly people: number;
  readonly requestsEach: number;
};

/** What one person sees of one request. */
export type Seen = {
  readonly userId: number;
  readonly prompt: string;
  /** Messages with its ending: a result or a failure. */
  readonly endings: number;
  readonly pictures: number;
  /** Messages that still show an open request. */
  readonly unfinished: number;
  /** Messages about it in the chats of others. */
  readonly elsewhere: number;
};

/** Many people, each of whom requests a picture, waits for its ending, and requests the next. */
export class People {
  readonly #people: readonly Person[];
  readonly #asked = new Map<number, number>();
  readonly #requestsEach: number;
  readonly #telegram: TelegramSandbox;
  /** When each person's open request was made or looked after last. */
  readonly #askedAtMs = new Map<number, number>();
  readonly #done = Promise.withResolvers<void>();
  #ended = 0;

  constructor({ telegram, people, requestsEach }: PeopleOptions) {
    this.#telegram = telegram;
    this.#requestsEach = requestsEach;
    this.#people = Array.from({ length: people }, (_, index) =>
      telegram.person({ id: firstId + index, firstName: `Person ${index}`, languageCode: 'en' }),
    );
  }

  get ids(): readonly number[] {
    return this.#people.map(({ id }) => id);
  }

  get requests(): number {
    return this.#people.length * this.#requestsEach;
  }

  get ended(): number {
    return this.#ended;
  }

  /** Makes all requests; resolves when every one has ended, rejects after `timeoutMs`. */
  async askAll(timeoutMs: number): Promise<void> {
    const byId = new Map(this.#people.map((person) => [person.id, person]));
    using _ = this.#telegram.onChange((change) => {
      if (change.kind !== 'message-sent' && change.kind !== 'message-edited') return;
      const person = byId.get(change.chatId);
      if (person === undefined) return;
      const list = person.messages().find((message) => message.id === change.messageId && isList(message));
      if (list === undefined) this.#check(person);
      else if (change.kind === 'message-sent') this.#useList(person, list);
    });
    const timeout = setTimeout(() => {
      const left = this.requests - this.#ended;
      this.#done.reject(new Error(`Cannot see the end: ${left} requests are still open after ${timeoutMs} ms`));
    }, timeoutMs);
    for (const person of this.#people) this.#askNext(person);
    const looking = setInterval(() => this.#lookAfter(), lookAfterMs);
    try {
      await this.#done.promise;
    } finally {
      clearTimeout(timeout);
      clearInterval(looking);
    }
  }

  /** What a person says who wonders what became of a request. */
  wonder(personId: number): void {
    this.#people.find(({ id }) => id === personId)?.say('/status');
  }

  /** Who has waited for long looks at their requests, as people do. */
  #lookAfter(): void {
    const nowMs = performance.now();
    for (const person of this.#people) {
      if (nowMs - (this.#askedAtMs.get(person.id) ?? nowMs) < lookAfterMs) continue;
      this.#askedAtMs.set(person.id, nowMs);
      person.say('/status');
    }
  }

  /** Asks for what may not have arrived, and takes the list away, which tells of every request. */
  #useList(person: Person, list: SeenMessage): void {
    for (const button of list.buttons.flat()) {
      if (button.data?.startsWith('show:') === true) void person.press(list.id, button.text);
    }
    setTimeout(() => person.deleteMessage(list.id), pauseMs);
  }

  /** What people see of every request. */
  seen(): readonly Seen[] {
    const misdelivered = this.#misdelivered();
    return this.#people.flatMap((person) => {
      const messages = person.messages().filter((message) => message.from === 'bot' && !isList(message));
      return Array.from({ length: this.#asked.get(person.id) ?? 0 }, (_, index) => {
        const prompt = promptOf(person.id, index);
        const about = messages.filter((message) => isAbout(message, prompt));
        return {
          userId: person.id,
          prompt,
          endings: about.filter((message) => !isUnfinished(message)).length,
          pictures: about.filter(({ photo, document }) => photo !== undefined || document !== undefined).length,
          unfinished: about.filter(isUnfinished).length,
          elsewhere: misdelivered.filter((message) => isAbout(message, prompt)).length,
        };
      });
    });
  }

  /** Messages about the requests of others. */
  #misdelivered(): readonly SeenMessage[] {
    return this.#people.flatMap((person) =>
      person.messages().filter(({ text, caption = '' }) => {
        const ownerId = /\bfox ([0-9]+) of night/.exec(`${text} ${caption}`)?.[1];
        return ownerId !== undefined && ownerId !== String(person.id);
      }),
    );
  }

  #askNext(person: Person): void {
    const number = this.#asked.get(person.id) ?? 0;
    this.#asked.set(person.id, number + 1);
    this.#askedAtMs.set(person.id, performance.now());
    person.say(`/generate ${promptOf(person.id, number)}`);
  }

  #check(person: Person): void {
    const number = (this.#asked.get(person.id) ?? 0) - 1;
    const prompt = promptOf(person.id, number);
    const hasEnded = person
      .messages()
      .some(
        (message) => message.from === 'bot' && !isList(message) && isAbout(message, prompt) && !isUnfinished(message),
      );
    if (!hasEnded || this.#endedOf.get(person.id) === number) return;
    this.#endedOf.set(person.id, number);
    this.#ended += 1;
    this.#askedAtMs.delete(person.id);
    if (this.#ended === this.requests) this.#done.resolve();
    else if (number + 1 < this.#requestsEach) setTimeout(() => this.#askNext(person), pauseMs);
  }

  readonly #endedOf = new Map<number, number>();
}

function promptOf(userId: number, number: number): string {
  return `fox ${userId} of night ${number} end`;
}

function isAbout({ text, caption = '' }: SeenMessage, prompt: string): boolean {
  return text.includes(prompt) || caption.includes(prompt);
}

/** What /status answers. */
function isList({ text }: SeenMessage): boolean {
  return text.startsWith('Your requests') || text.includes('You have no requests');
}

/** Only an open request can be cancelled, and only one that may not have arrived can be shown again. */
function isUnfinished({ buttons }: SeenMessage): boolean {
  return buttons.some((row) => row.some(({ data }) => /^(?:cancel|show):/.test(data ?? '')));
}
