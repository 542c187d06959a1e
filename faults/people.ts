import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { promptOf, isAbout, isFailureMessage, isList, isUnfinished } from './told-words.ts';

const firstId = 50_000;
/** The pause before a person asks for the next picture. */
const pauseMs = 50;
/** Who has waited for so long asks for their requests. */
const lookAfterMs = 20_000;
/** Who is told that nothing can be taken now tries again after this time. */
const againAfterMs = 4_000;

export type PeopleOptions = {
  readonly telegram: TelegramSandbox;
  readonly people: number;
  readonly requestsEach: number;
  /** How many of them make all their requests at once. */
  readonly eager?: number;
};

/** What one person sees of one request. */
export type Seen = {
  readonly userId: number;
  readonly prompt: string;
  /** The person was told that nothing can be taken, and asked again with another prompt. */
  readonly isRefused: boolean;
  /** Messages with its ending: a result or a failure. */
  readonly endings: number;
  readonly pictures: number;
  /** Messages that still show an open request. */
  readonly unfinished: number;
  /** Messages about it in the chats of others. */
  readonly elsewhere: number;
};

/** Many people, each of whom requests a picture, waits for its ending, and requests the next, unless they are eager. */
export class People {
  readonly #people: readonly Person[];
  readonly #asked = new Map<number, number>();
  readonly #requestsEach: number;
  readonly #eager: ReadonlySet<Person>;
  /** The requests of each person that have not ended, by number. */
  readonly #open = new Map<number, Set<number>>();
  /** When each request was made, by the clock of the machine. */
  readonly #saidAtMs = new Map<string, number>();
  readonly #telegram: TelegramSandbox;
  /** When each person's open request was made or looked after last. */
  readonly #askedAtMs = new Map<number, number>();
  /** What each person said last. */
  readonly #said = new Map<number, 'generate' | 'status'>();
  /** Who was told of trouble since the open request was made: the next list tells whether it was taken. */
  readonly #doubting = new Set<number>();
  /** The request that was open when each person was told, right after making it, that nothing can be taken. */
  readonly #turnedAway = new Map<number, number>();
  readonly #trying = new Set<number>();
  /** When each person asked last who wants to know what became of their requests, until a list holds nothing back. */
  readonly #wondering = new Map<Person, number>();
  /** The prompts that were refused. */
  readonly #refused = new Set<string>();
  /** How many requests of each person have ended. */
  readonly #endedBy = new Map<number, number>();
  readonly #done = Promise.withResolvers<void>();
  #ended = 0;

  constructor({ telegram, people, requestsEach, eager = 0 }: PeopleOptions) {
    this.#telegram = telegram;
    this.#requestsEach = requestsEach;
    this.#people = Array.from({ length: people }, (_, index) =>
      telegram.person({ id: firstId + index, firstName: `Person ${index}`, languageCode: 'en' }),
    );
    this.#eager = new Set(this.#people.slice(0, eager));
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

  /** How many requests of each person have ended. */
  get endedEach(): readonly number[] {
    return this.#people.map((person) => this.#endedOf(person));
  }

  /** The same without eager people who have got everything: they have nothing more to be served. */
  get endedOfOpen(): readonly number[] {
    const open = this.#people.filter(
      (person) => !this.#eager.has(person) || this.#endedOf(person) < this.#requestsEach,
    );
    return open.map((person) => this.#endedOf(person));
  }

  /** How many requests of each eager person have ended. */
  get endedOfEager(): readonly number[] {
    return [...this.#eager].map((person) => this.#endedOf(person));
  }

  #endedOf({ id }: Person): number {
    return this.#endedBy.get(id) ?? 0;
  }

  /** When the request with this prompt was made, in milliseconds since 1970. */
  saidAtMs(prompt: string): number | undefined {
    return this.#saidAtMs.get(prompt);
  }

  /** Makes all requests; resolves when every one has ended, rejects after `timeoutMs`. */
  async askAll(timeoutMs: number): Promise<void> {
    using _ = this.#listen();
    const timeout = setTimeout(() => {
      const left = this.requests - this.#ended;
      this.#done.reject(new Error(`Cannot see the end: ${left} requests are still open after ${timeoutMs} ms`));
    }, timeoutMs);
    for (const person of this.#people) {
      const requests = this.#eager.has(person) ? this.#requestsEach : 1;
      for (let request = 0; request < requests; request += 1) this.#askNext(person);
    }
    const looking = setInterval(() => this.#lookAfter(), lookAfterMs);
    try {
      await this.#done.promise;
    } finally {
      clearTimeout(timeout);
      clearInterval(looking);
    }
  }

  /** Follows what everybody is told, until disposal. */
  #listen(): Disposable {
    const byId = new Map(this.#people.map((person) => [person.id, person]));
    return this.#telegram.onChange((change) => {
      if (change.kind !== 'message-sent' && change.kind !== 'message-edited') return;
      const person = byId.get(change.chatId);
      if (person === undefined) return;
      const list = person.messages().find((message) => message.id === change.messageId && isList(message));
      if (list !== undefined) {
        if (change.kind === 'message-sent') this.#useList(person, list);
      } else if (change.kind === 'message-sent' && isFailureMessage(person, change.messageId))
        this.#hearFailure(person);
      else this.#check(person);
    });
  }

  /** A person wonders what became of their requests, and asks until they are told. */
  wonder(personId: number): void {
    const person = this.#people.find(({ id }) => id === personId);
    if (person === undefined) return;
    this.#wondering.set(person, performance.now());
    this.#askForList(person);
  }

  /** Who was turned away once, or wonders still, looks at all their requests; resolves when they have, or the time is up. */
  async lookAtAll(timeoutMs: number): Promise<void> {
    using _ = this.#listen();
    for (const { userId } of this.seen().filter(({ isRefused }) => isRefused)) this.wonder(userId);
    for (const { id } of this.#wondering.keys()) this.wonder(id);
    const untilMs = performance.now() + timeoutMs;
    while (this.#wondering.size > 0 && performance.now() < untilMs) {
      await sleep(1_000);
      this.#lookAfter();
    }
  }

  #askForList(person: Person): void {
    this.#said.set(person.id, 'status');
    person.say('/status');
  }

  /** Who is told of trouble says the same again some seconds later. */
  #hearFailure(person: Person): void {
    const number = (this.#asked.get(person.id) ?? 0) - 1;
    if (this.#said.get(person.id) === 'generate') this.#turnedAway.set(person.id, number);
    else this.#doubting.add(person.id);
    if (this.#trying.has(person.id)) return;
    this.#trying.add(person.id);
    setTimeout(() => {
      this.#trying.delete(person.id);
      if (!this.#isOpen(person)) return this.#wondering.has(person) ? this.#askForList(person) : undefined;
      const isTurnedAway = this.#turnedAway.get(person.id) === (this.#asked.get(person.id) ?? 0) - 1;
      // Something else was said meanwhile; its answer decides.
      if (isTurnedAway && this.#said.get(person.id) === 'generate') return this.#askAgain(person);
      if (isTurnedAway) this.#doubting.add(person.id);
      this.#askForList(person);
    }, againAfterMs);
  }

  /** The open request was not taken: asks for the same picture in other words. */
  #askAgain(person: Person): void {
    this.#doubting.delete(person.id);
    const number = (this.#asked.get(person.id) ?? 0) - 1;
    this.#refused.add(promptOf(person.id, number));
    this.#open.get(person.id)?.delete(number);
    this.#askNext(person);
  }

  #isOpen(person: Person): boolean {
    const number = (this.#asked.get(person.id) ?? 0) - 1;
    return this.#open.get(person.id)?.has(number) === true;
  }

  /** Who has waited for long looks at their requests, as people do. */
  #lookAfter(): void {
    const nowMs = performance.now();
    for (const person of this.#people) {
      if (nowMs - (this.#askedAtMs.get(person.id) ?? nowMs) < lookAfterMs) continue;
      this.#askedAtMs.set(person.id, nowMs);
      this.#askForList(person);
    }
    for (const [person, askedAtMs] of this.#wondering) if (nowMs - askedAtMs >= lookAfterMs) this.wonder(person.id);
  }

  /** Asks for what may not have arrived, and takes the list away, which tells of every request. */
  #useList(person: Person, list: SeenMessage): void {
    const held = list.buttons.flat().filter(({ data }) => data?.startsWith('show:') === true);
    for (const { text } of held) void person.press(list.id, text);
    if (held.length === 0) this.#wondering.delete(person);
    setTimeout(() => person.deleteMessage(list.id), pauseMs);
    if (!this.#doubting.delete(person.id) || !this.#isOpen(person)) return;
    const prompt = promptOf(person.id, (this.#asked.get(person.id) ?? 0) - 1);
    const isKnown = person.messages().some((message) => message.from === 'bot' && isAbout(message, prompt));
    if (!isKnown) this.#askAgain(person);
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
          isRefused: this.#refused.has(prompt),
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
    const prompt = promptOf(person.id, number);
    this.#asked.set(person.id, number + 1);
    this.#open.set(person.id, (this.#open.get(person.id) ?? new Set()).add(number));
    this.#askedAtMs.set(person.id, performance.now());
    this.#saidAtMs.set(prompt, Date.now());
    this.#said.set(person.id, 'generate');
    person.say(`/generate ${prompt}`);
  }

  #check(person: Person): void {
    const open = this.#open.get(person.id) ?? new Set();
    const told = person
      .messages()
      .filter((message) => message.from === 'bot' && !isList(message) && !isUnfinished(message));
    for (const number of open) {
      const prompt = promptOf(person.id, number);
      if (told.some((message) => isAbout(message, prompt))) this.#end(person, number, open);
    }
  }

  #end(person: Person, number: number, open: Set<number>): void {
    open.delete(number);
    this.#ended += 1;
    const ended = (this.#endedBy.get(person.id) ?? 0) + 1;
    this.#endedBy.set(person.id, ended);
    if (open.size === 0) this.#askedAtMs.delete(person.id);
    if (this.#ended === this.requests) this.#done.resolve();
    else if (ended < this.#requestsEach && !this.#eager.has(person)) setTimeout(() => this.#askNext(person), pauseMs);
  }
}
