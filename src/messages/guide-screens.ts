import type { JobKind } from '../domain/job.ts';
import { kindCommands } from '../domain/kind-traits.ts';
import type { Catalog } from './catalog.ts';
import { aspectList } from './options-screen.ts';
import { exampleRows, lines } from './phrases.ts';
import { callbackData, type Screen, type ScreenButton } from './screen.ts';
import { excerpt } from './shown-text.ts';
import type { Voice } from './voice.ts';

const nameLimit = 64;

/** One entry of the command list that Telegram shows. */
export type CommandEntry = { readonly command: string; readonly description: string };

/** In the order in which Telegram shows them. */
const commands = [...kindCommands, 'status', 'cancel', 'language', 'premium', 'forget', 'help', 'start'] as const;

export function startScreen(voice: Voice, person: { readonly name: string; readonly admin: boolean }): Screen {
  const name = excerpt(person.name, nameLimit);
  return {
    text: lines(
      name === '' ? voice.say('start.hello-nameless') : voice.say('start.hello', { name }),
      voice.say('start.welcome'),
      person.admin ? `\n${voice.say('start.admin')}` : '',
    ),
    rows: exampleRows(voice),
  };
}

export function helpScreen(voice: Voice, person: { readonly admin: boolean }): Screen {
  return {
    text: lines(
      voice.say('help.text'),
      `\n${voice.say('help.options', { aspects: aspectList() })}`,
      person.admin ? `\n${voice.say('help.admin')}` : '',
    ),
    rows: exampleRows(voice),
  };
}

/** A button for each language, named in its own words. */
export function languageScreen(voice: Voice, catalog: Catalog): Screen {
  const buttons = catalog.locales.map((locale): ScreenButton => {
    const name = catalog.plain(locale, 'language.name');
    return { text: locale === voice.locale ? `✓ ${name}` : name, data: callbackData('language', locale) };
  });
  return { text: voice.say('language.choose'), rows: buttons.map((button) => [button]) };
}

/** A message with nothing to press. */
export function wordsOnly(text: string): Screen {
  return { text, rows: [] };
}

/** A sentence that shows what a request looks like. */
export function examplePrompt(voice: Voice, kind: JobKind): string {
  return voice.plain(`example.${kind}`);
}

/** What the command menu shows; `/keys` only to admins. */
export function commandEntries(voice: Voice, person: { readonly admin: boolean }): readonly CommandEntry[] {
  const entries = commands.map((command) => ({ command, description: voice.plain(`command.${command}`) }));
  return person.admin ? [...entries, { command: 'keys', description: voice.plain('command.keys') }] : entries;
}
