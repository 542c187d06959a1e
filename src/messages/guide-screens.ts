import type { JobKind } from '../domain/job.ts';
import type { Catalog } from './catalog.ts';
import type { MessageId } from './message-ids.ts';
import { aspectList } from './options-screen.ts';
import { exampleButton, lines } from './phrases.ts';
import { callbackData, type Screen, type ScreenButton } from './screen.ts';
import { excerpt } from './shown-text.ts';
import type { Voice } from './voice.ts';

const nameLimit = 64;

/** One entry of the command list that Telegram shows. */
export type CommandEntry = { readonly command: string; readonly description: string };

const commandMessages = {
  generate: 'command.generate',
  video: 'command.video',
  status: 'command.status',
  cancel: 'command.cancel',
  language: 'command.language',
  premium: 'command.premium',
  forget: 'command.forget',
  help: 'command.help',
  start: 'command.start',
} as const satisfies Record<string, MessageId>;

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
  return voice.plain(kind === 'image' ? 'example.image' : 'example.video');
}

/** What the command menu shows; `/keys` only to admins. */
export function commandEntries(voice: Voice, person: { readonly admin: boolean }): readonly CommandEntry[] {
  const entries = Object.entries(commandMessages).map(([command, id]) => ({ command, description: voice.plain(id) }));
  return person.admin ? [...entries, { command: 'keys', description: voice.plain('command.keys') }] : entries;
}

function exampleRows(voice: Voice): Screen['rows'] {
  return [[exampleButton(voice, 'image')], [exampleButton(voice, 'video')]];
}
