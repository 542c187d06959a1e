import type { Group } from '../telegram/people/group.ts';
import type { Person } from '../telegram/people/person.ts';
import type { TelegramSandbox } from '../telegram/telegram-sandbox.ts';

const participantRoles = ['free', 'premium', 'admin'] as const;
export type ParticipantRole = (typeof participantRoles)[number];

export type Participant = {
  readonly person: Person;
  readonly name: string;
  readonly role: ParticipantRole;
  /** The language of the phone. */
  readonly language: string;
};

const names = { free: 'Robin', premium: 'Noor', admin: 'Alex' } as const satisfies Record<ParticipantRole, string>;
const groupId = -1_001_234_567_890;
const crowdNames = ['Mika', 'Sol', 'Kim', 'Luca', 'Ayo', 'Noa', 'Remy', 'Juno'] as const;
const firstCrowdId = 5001;
const crowdPrompts = [
  'a lighthouse in a storm',
  'a paper boat on a lake',
  'a castle under the moon',
  'a cat asleep on a windowsill',
  'mountains in the morning',
  'a hot air balloon over hills',
  'an owl in an old oak',
  'a tram in the rain',
] as const;

type PhoneSettings = { readonly id: number; readonly firstName: string; languageCode: string };

/**
 * The people that a visitor of the page can play, the group in which they meet, and a crowd that fills the queue on
 * request.
 */
export class Participants {
  readonly group: Group;
  readonly members: readonly Participant[];
  readonly #telegram: TelegramSandbox;
  readonly #phones = new Map<number, PhoneSettings>();
  readonly #crowd: Person[] = [];
  #nextPrompt = 0;

  constructor(options: {
    readonly telegram: TelegramSandbox;
    readonly ids: Readonly<Record<ParticipantRole, number>>;
    readonly language: string;
  }) {
    const { telegram, ids, language } = options;
    this.#telegram = telegram;
    this.group = telegram.group({ id: groupId, title: 'Film club' });
    this.members = participantRoles.map((role) => this.#member(role, ids[role], language));
  }

  member(userId: number): Participant | undefined {
    return this.members.find(({ person }) => person.id === userId);
  }

  /** Returns the first name of a user, crowd included; empty for an unknown id. */
  nameOf(userId: number): string {
    return this.#phones.get(userId)?.firstName ?? '';
  }

  /**
   * Sets the language of a phone; it applies from the next update on, because the stand-in reads it with every update.
   */
  setLanguage(userId: number, language: string): void {
    const phone = this.#phones.get(userId);
    if (phone !== undefined) phone.languageCode = language;
  }

  /** Lets each member of the crowd ask for one picture. */
  askAsCrowd(): void {
    if (this.#crowd.length === 0) {
      for (const [index, firstName] of crowdNames.entries()) {
        this.#crowd.push(this.#addPerson(firstCrowdId + index, firstName, 'en'));
      }
    }
    for (const person of this.#crowd) {
      person.say(`/generate ${crowdPrompts[this.#nextPrompt % crowdPrompts.length]}`);
      this.#nextPrompt += 1;
    }
  }

  #member(role: ParticipantRole, id: number, language: string): Participant {
    const person = this.#addPerson(id, names[role], language);
    const phones = this.#phones;
    return {
      person,
      role,
      name: names[role],
      get language() {
        return phones.get(id)?.languageCode ?? language;
      },
    };
  }

  #addPerson(id: number, firstName: string, languageCode: string): Person {
    const phone: PhoneSettings = { id, firstName, languageCode };
    this.#phones.set(id, phone);
    return this.#telegram.person(phone);
  }
}
