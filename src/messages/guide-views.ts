import { type JobKind, kindCommands, kindTraits } from '../domain/kinds.ts';
import type { Catalog, Localizer } from './catalog.ts';
import { aspectList } from './options-view.ts';
import { exampleRows, lines, promptLimit, quote, waitWithTime } from './phrases.ts';
import {
  callbackData,
  escapeHtml,
  type MessageView,
  type MessageButton,
  excerpt,
  isVisible,
  plainText,
  type Safe,
  safe,
  withoutLinks,
} from './view.ts';

const nameLimit = 64;
/** For a bot whose name cannot be seen. */
const usualName = 'Darkroom';

/** One entry of the command list that Telegram shows. */
export type CommandEntry = { readonly command: string; readonly description: string };

/** In the order of the command menu. */
const otherCommands = [
  'status',
  'cancel',
  'history',
  'favourites',
  'settings',
  'styles',
  'models',
  'language',
  'premium',
  'privacy',
  'export',
  'forget',
  'help',
  'start',
] as const;

/** The most examples that the greeting shows. */
const mostExamples = 3;

/** The kinds that can be made here and now, in their order. */
export type OfferedKinds = readonly JobKind[];

/** Who reads the greeting, and the bot's name as its owner gave it to @BotFather. */
export type Greeting = { readonly name: string; readonly admin: boolean; readonly bot: string };

export function startView(localizer: Localizer, person: Greeting, offered: OfferedKinds): MessageView {
  const name = excerpt(withoutLinks(person.name), nameLimit);
  return {
    text: lines(
      !isVisible(name) ? localizer.say('start.hello-nameless') : localizer.say('start.hello', { name }),
      welcomeWords(localizer, person.bot, offered),
      person.admin ? `\n${localizer.say('start.admin')}` : '',
    ),
    rows: exampleRows(localizer, offered),
  };
}

function welcomeWords(localizer: Localizer, name: string, offered: OfferedKinds, most = mostExamples): string {
  const bot = excerpt(withoutLinks(name), nameLimit);
  const examples = offered
    .filter((kind) => kindTraits[kind].needs === 'words')
    .slice(0, most)
    .map((kind) => `<code>/${kindTraits[kind].command} ${escapeHtml(examplePrompt(localizer, kind))}</code>`);
  return localizer.say('start.welcome', {
    bot: isVisible(bot) ? bot : usualName,
    results: resultList(localizer, offered),
    examples: safe(examples.join('\n')),
  });
}

/** Plain text: at most 512 UTF-16 units in the empty chat, at most 120 on the bot's page. */
export type BotProfile = { readonly description: string; readonly shortDescription: string };

/** The greeting with what is each person's own and as many examples, and as many of the commands, as there is room for. */
export function profileOf(localizer: Localizer, bot: string, offered: OfferedKinds): BotProfile {
  const [first = '', ...others] = offered.map((kind) => localizer.plain(`command.${kindTraits[kind].command}`));
  const greetings = [mostExamples, 2, 1].map((most) => plainText(welcomeWords(localizer, bot, offered, most)));
  const personal = plainText(localizer.say('help.personal'));
  const texts = [...greetings.map((greeting) => `${greeting}\n\n${personal}`), ...greetings];
  const joined = (some: string, next: string) => `${some} · ${next}`;
  return {
    description: texts.find(({ length }) => length <= 512) ?? excerpt(texts.at(-1) ?? '', 512),
    shortDescription: others.reduce(
      (some, next) => (joined(some, next).length > 120 ? some : joined(some, next)),
      first,
    ),
  };
}

/** "a picture or a short video". */
function resultList(localizer: Localizer, offered: OfferedKinds): Safe {
  const results = offered.map((kind) => localizer.say('start.result', { kind }));
  return safe(new Intl.ListFormat(localizer.locale, { type: 'disjunction' }).format(results));
}

export function helpView(
  localizer: Localizer,
  person: { readonly admin: boolean; readonly inline?: boolean },
  offered: OfferedKinds,
  sells = false,
): MessageView {
  const kinds = offered.map((kind) => localizer.say('help.kind', { kind, command: kindTraits[kind].command }));
  return {
    text: lines(
      localizer.say('help.text', { kinds: safe(kinds.join('\n')) }),
      `\n${localizer.say('help.options', { aspects: aspectList() })}`,
      offered.includes('music') ? `\n${localizer.say('help.song-options')}` : '',
      `\n${localizer.say('help.personal')}`,
      person.inline === true ? localizer.say('help.inline') : '',
      sells ? `\n${localizer.say('help.payments')}` : '',
      person.admin ? `\n${localizer.say('help.admin')}` : '',
    ),
    rows: exampleRows(localizer, offered),
  };
}

/** How to use the command of a kind, for a command without words. */
export function usageView(localizer: Localizer, kind: JobKind): MessageView {
  return {
    text: localizer.say(`usage.${kind}`),
    rows: exampleRows(localizer, [kind]),
  };
}

/** Words that came without a command, and a button for each kind of thing to make of them. */
export function bareWordsView(localizer: Localizer, words: string, offered: OfferedKinds): MessageView {
  return { text: lines(localizer.say('bare-words'), quote(words, promptLimit)), rows: makeButtons(localizer, offered) };
}

/** The command that was probably meant. */
export function didYouMeanView(
  localizer: Localizer,
  command: string,
  words: string,
  offered: OfferedKinds,
): MessageView {
  const text = localizer.say('did-you-mean', { command });
  const makes = kindCommands.some((known) => known === command);
  return makes && words !== ''
    ? { text: lines(text, quote(words, promptLimit)), rows: makeButtons(localizer, offered) }
    : textOnly(text);
}

/** They make something of the words of the message that theirs answers. */
function makeButtons(localizer: Localizer, offered: OfferedKinds): MessageView['rows'] {
  const buttons = offered
    .filter((kind) => kindTraits[kind].isOfferedForWords)
    .map((kind): MessageButton => ({
      text: localizer.plain(`button.make-${kind}`),
      data: callbackData('make', kind),
    }));
  return buttons.length <= 2 ? [buttons] : [buttons.slice(0, 2), buttons.slice(2)];
}

/** A button for each language, named in its own words, two in a row. */
export function languageView(localizer: Localizer, catalog: Catalog): MessageView {
  const buttons = catalog.locales.map((locale): MessageButton => {
    const name = catalog.plain(locale, 'language.name');
    return { text: locale === localizer.locale ? `✓ ${name}` : name, data: callbackData('language', locale) };
  });
  const rows = buttons.flatMap((_, index) => (index % 2 === 0 ? [buttons.slice(index, index + 2)] : []));
  return { text: localizer.say('language.choose'), rows };
}

/** A message with nothing to press. */
export function textOnly(text: string): MessageView {
  return { text, rows: [] };
}

/** A sentence that shows what a request looks like. */
export function examplePrompt(localizer: Localizer, kind: JobKind): string {
  return localizer.plain(`example.${kind}`);
}

/** What the command menu shows; `/keys`, `/stats` and the like only to admins, what belongs to payments only where `sells`. */
export function commandEntries(
  localizer: Localizer,
  person: { readonly admin: boolean },
  offered: OfferedKinds,
  sells = false,
  refers = false,
): readonly CommandEntry[] {
  const conversation = offered.includes('chat') ? (['new'] as const) : [];
  const payment = sells ? (['paysupport', 'terms'] as const) : [];
  const invitation = refers ? (['invite'] as const) : [];
  const tools = ['keys', 'stats', 'whois', 'feedback', 'block', 'unblock', 'broadcast'] as const;
  const ofAdmins = !person.admin ? [] : sells ? ([...tools, 'refund'] as const) : tools;
  const kinds = offered.map((kind) => kindTraits[kind].command);
  const commands = [...kinds, ...conversation, ...otherCommands, ...invitation, ...payment, ...ofAdmins];
  return commands.map((command) => ({ command, description: localizer.plain(`command.${command}`) }));
}

/** What /forget has deleted. */
export type ForgottenFacts = {
  readonly requests: number;
  readonly results: number;
  /** Running requests that were stopped first. */
  readonly stopped: number;
};

/** What would be deleted and what stays; the buttons work only for this person. */
export function forgetQuestionView(localizer: Localizer, userId: number, hasPaid = false): MessageView {
  return {
    text: lines(
      localizer.say('forget.question'),
      `\n${localizer.say('forget.stays')}`,
      hasPaid ? localizer.say('forget.payments-stay') : '',
    ),
    rows: [
      [{ text: localizer.plain('button.forget'), data: callbackData('forget', `yes-${userId}`), style: 'danger' }],
      [{ text: localizer.plain('button.keep'), data: callbackData('forget', `no-${userId}`) }],
    ],
  };
}

export function forgetDoneView(localizer: Localizer, { requests, results, stopped }: ForgottenFacts): MessageView {
  return {
    text: lines(
      localizer.say('forget.done'),
      localizer.say('forget.requests', { count: requests }),
      results === 0 ? '' : localizer.say('forget.results', { count: results }),
      stopped === 0 ? '' : localizer.say('forget.stopped', { count: stopped }),
      `\n${localizer.say('forget.stays')}`,
    ),
    rows: [],
  };
}

/** What a person has used of the day's limits; a limit of -1 is unlimited. */
export type DayUsage = {
  readonly used: Readonly<Record<JobKind, number>>;
  readonly perDay: Readonly<Record<JobKind, number>>;
  /** When the next day begins, in the zone that days are counted in. */
  readonly next?: { readonly zone: string; readonly inMs: number; readonly nowMs: number };
};

/** How much of today's limits is used, one line for each kind, and when a new day begins once something is used. */
export function limitsWords(localizer: Localizer, day: DayUsage, offered: OfferedKinds): string {
  const isCounted = offered.some((kind) => day.perDay[kind] > 0 && day.used[kind] > 0);
  const next = isCounted ? day.next : undefined;
  return lines(
    ...offered.map((kind) => localizer.say('limits.today', { kind, used: day.used[kind], limit: day.perDay[kind] })),
    next && localizer.say('limits.next-day', { zone: next.zone, wait: waitWithTime(localizer, next.inMs, next.nowMs) }),
  );
}
