import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';
import type { PaymentOutcome } from '../sandbox/telegram/payments/pay.ts';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { pause } from './disk-windows.ts';
import { fixedPicture } from './fixed-picture.ts';

const firstId = 80_000;
const adminId = 79_999;
export const pack = { results: 20, stars: 50 } as const;
const picturesEach = 2;
const albumButton = '.vary.3';
/** Who sees nothing of what they asked for within this time asks again: longer than a kind of method fails in a storm. */
const patienceMs = 60_000;
/** Of so many payments one is only in Telegram's list, in the first half, and one is refunded. */
const unheardEach = 4;
const refundedEach = 5;

type Paid = Extract<PaymentOutcome, { kind: 'paid' }>;

export type StarBuyersOptions = {
  readonly telegram: TelegramSandbox;
  readonly buyers: number;
  readonly packsEach: number;
  readonly random: () => number;
};

/** The settings of a bot whose buyers get nothing but what they buy: members of premium with an empty day. */
export function buyersEnv(buyers: number): Readonly<Record<string, string>> {
  return {
    ADMIN_IDS: String(adminId),
    PREMIUM_IDS: Array.from({ length: buyers }, (_, index) => firstId + index).join(','),
    PREMIUM_IMAGES_PER_DAY: '0',
    PREMIUM_EDITS_PER_DAY: '0',
    STARS_PACKS: `${pack.results}:${pack.stars}`,
  };
}

/**
 * People who buy packs and use them while everything fails, each payment told again some times, some never told, and an
 * admin who refunds some of them.
 */
export class StarBuyers {
  readonly #options: StarBuyersOptions;
  readonly #people: readonly Person[];
  readonly #admin: Person;
  /** The messages about the payments of each person. */
  readonly #paid = new Map<Person, Paid[]>();
  #bought = 0;
  #unheardAtMs = -Infinity;
  #unheard = 0;
  #repeats = 0;
  #albums = 0;
  #edits = 0;

  constructor(options: StarBuyersOptions) {
    this.#options = options;
    const { telegram, buyers } = options;
    this.#admin = telegram.person({ id: adminId, firstName: 'Admin', languageCode: 'en' });
    this.#people = Array.from({ length: buyers }, (_, index) =>
      telegram.person({ id: firstId + index, firstName: `Buyer ${index}`, languageCode: 'en' }),
    );
  }

  get ids(): readonly number[] {
    return this.#people.map(({ id }) => id);
  }

  get counts() {
    return {
      bought: this.#bought,
      unheard: this.#unheard,
      repeats: this.#repeats,
      albums: this.#albums,
      edits: this.#edits,
    } as const;
  }

  /** When somebody last paid without a message about it, by `performance.now()`. */
  get unheardAtMs(): number {
    return this.#unheardAtMs;
  }

  /** Buys every pack; resolves when all are paid, or the signal has aborted. */
  async buyAll(signal: AbortSignal): Promise<void> {
    this.#admin.say('/start');
    await Promise.all(this.#people.map((person) => this.#buyPacks(person, signal)));
  }

  /** Telegram tells of each person's latest payment once more, and the admin refunds what is due: called after a kill. */
  tellAgain(): void {
    for (const [person, paid] of this.#paid) {
      const latest = paid.at(-1);
      if (latest !== undefined) this.#repeat(person, latest);
    }
    this.askForRefunds();
  }

  /** Asks for every refund that is due, again and again: one that was made is not made twice. */
  askForRefunds(): void {
    for (let number = 1; number <= this.#bought; number += refundedEach) this.#admin.say(`/refund ${number}`);
  }

  async #buyPacks(person: Person, signal: AbortSignal): Promise<void> {
    const { packsEach, random } = this.#options;
    await pause(4_000 * random(), signal);
    for (let bought = 0; bought < packsEach && !signal.aborted;) {
      const paid = await this.#buyPack(person).catch(() => undefined);
      if (paid === undefined) {
        await pause(500 + 1_000 * random(), signal);
        continue;
      }
      bought += 1;
      this.#bought += 1;
      if (paid.updateId === 0) {
        this.#unheard += 1;
        this.#unheardAtMs = performance.now();
      } else this.#heard(person, paid);
      for (let picture = 0; picture < picturesEach; picture += 1) {
        person.say(`/generate owl ${person.id} of dawn ${bought} and ${picture}`);
      }
      if (bought % 2 === 0) {
        person.sendPhoto(`/edit owl ${person.id} of dawn ${bought} in winter`, { bytes: fixedPicture });
        this.#edits += 1;
      } else await this.#vary(person).catch(() => undefined);
      await pause(4_000 * random(), signal);
    }
  }

  /** Rejects when the bot does not answer in time; undefined when the checkout was not accepted. */
  async #buyPack(person: Person): Promise<Paid | undefined> {
    const { telegram, buyers, packsEach } = this.#options;
    const offer = await this.#next(
      person,
      ({ buttons }) => offers(buttons),
      () => person.say('/premium'),
    );
    const invoice = await this.#next(
      person,
      (message) => message.invoice !== undefined,
      () => person.press(offer.id, `buy:pack-${pack.results}`),
    );
    const isEarly = this.#bought < (buyers * packsEach) / 2;
    const isUnheard = isEarly && this.#bought % unheardEach === unheardEach - 1;
    if (isUnheard) telegram.setPaymentsUnheard(true);
    try {
      const outcome = await person.pay(invoice.id).outcome;
      return outcome.kind === 'paid' ? outcome : undefined;
    } finally {
      if (isUnheard) telegram.setPaymentsUnheard(false);
    }
  }

  /** Asks for variations of the latest picture that has the button for them: an album. */
  async #vary(person: Person): Promise<void> {
    const picture = ownPictures(person).findLast(({ buttons }) => dataOf(buttons, '.vary') !== undefined);
    const opens = picture && dataOf(picture.buttons, '.vary');
    if (picture === undefined || opens === undefined) return;
    void person.press(picture.id, opens);
    const menu = await person.waitFor(
      (seen) => seen.some(({ id, buttons }) => id === picture.id && dataOf(buttons, albumButton) !== undefined),
      { timeoutMs: patienceMs },
    );
    const chosen = dataOf(menu.find(({ id }) => id === picture.id)?.buttons ?? [], albumButton);
    if (chosen === undefined) return;
    void person.press(picture.id, chosen);
    this.#albums += 1;
  }

  /** How many pictures each person sees of what they asked for. */
  shown(): ReadonlyMap<number, number> {
    return new Map(this.#people.map((person) => [person.id, ownPictures(person).length]));
  }

  #heard(person: Person, paid: Paid): void {
    const { random } = this.#options;
    this.#paid.set(person, [...(this.#paid.get(person) ?? []), paid]);
    const times = Math.floor(3 * random());
    for (let time = 0; time < times; time += 1) setTimeout(() => this.#repeat(person, paid), 3_000 * random());
  }

  #repeat(person: Person, { messageId }: Paid): void {
    this.#repeats += 1;
    person.repeatPayment(messageId);
  }

  /** The first new message like this after the person did something. */
  async #next(person: Person, isIt: (message: SeenMessage) => boolean, act: () => unknown): Promise<SeenMessage> {
    const before = new Set(person.messages().map(({ id }) => id));
    const found = (seen: readonly SeenMessage[]) =>
      seen.find((message) => message.from === 'bot' && !before.has(message.id) && isIt(message));
    act();
    const message = found(await person.waitFor((seen) => found(seen) !== undefined, { timeoutMs: patienceMs }));
    if (message === undefined) throw new Error('Cannot find the message that was waited for');
    return message;
  }
}

function ownPictures(person: Person): readonly SeenMessage[] {
  return person.messages().filter(({ from, photo, document, caption = '' }) => {
    return from === 'bot' && (photo ?? document) !== undefined && caption.includes(`owl ${person.id} of dawn`);
  });
}

function dataOf(buttons: SeenMessage['buttons'], ending: string): string | undefined {
  return buttons.flat().find(({ data }) => data?.endsWith(ending) === true)?.data;
}

function offers(buttons: SeenMessage['buttons']): boolean {
  return buttons.flat().some(({ data }) => data === `buy:pack-${pack.results}`);
}
