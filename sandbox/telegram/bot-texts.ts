import { badRequest } from './api-error.ts';
import { characterCount } from './text/formatted-text.ts';
import { limits } from './limits.ts';

export type BotText = 'name' | 'description' | 'short_description';

const maxCharacters = {
  name: limits.nameCharacters,
  description: limits.descriptionCharacters,
  short_description: limits.shortDescriptionCharacters,
} as const satisfies Record<BotText, number>;

/** The name and descriptions of the bot by language; a language without its own text gets the general one. */
export class BotTexts {
  readonly #texts = new Map<string, string>();
  readonly #firstName: string;

  constructor(firstName: string) {
    this.#firstName = firstName;
  }

  set(which: BotText, languageCode: string, text: string): void {
    if (characterCount(text) > maxCharacters[which]) throw badRequest(`bot ${which.replace('_', ' ')} is too long`);
    if (text === '') this.#texts.delete(`${which}/${languageCode}`);
    else this.#texts.set(`${which}/${languageCode}`, text);
  }

  get(which: BotText, languageCode: string): string {
    const general = this.#texts.get(`${which}/`) ?? (which === 'name' ? this.#firstName : '');
    return this.#texts.get(`${which}/${languageCode}`) ?? general;
  }
}
