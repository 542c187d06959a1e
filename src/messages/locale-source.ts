import { readdirSync, readFileSync } from 'node:fs';

/** Where the locale files are. */
export type LocaleSource = {
  /** Names of the languages there are: `en`, `es`, … */
  names(): readonly string[];
  /** The JSON text of one of them. */
  read(name: string): string;
};

const folder = new URL('../../locales/', import.meta.url);

/** The files of `locales/`, one a language. */
export const localeFolder: LocaleSource = {
  names: () =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort(),
  read: (name) => readFileSync(new URL(`${name}.json`, folder), 'utf8'),
};
