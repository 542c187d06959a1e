import { type JobKind, jobKinds, type Lane } from '../domain/job.ts';
import { kindCommands } from '../domain/kind-traits.ts';
import type { Catalog, Voice } from './catalog.ts';
import { aspectList } from './options-view.ts';
import { exampleRows, lines } from './phrases.ts';
import { callbackData, type Screen, type ScreenButton } from './view.ts';
import { excerpt, safe } from './shown-text.ts';

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

/** What was deleted at a person's wish. */
export type ForgottenFacts = {
  readonly requests: number;
  readonly results: number;
  /** Requests that were stopped for it. */
  readonly stopped: number;
};

/** What would be deleted and what stays; only the person themselves can say yes. */
export function forgetQuestionScreen(voice: Voice, userId: number): Screen {
  return {
    text: lines(voice.say('forget.question'), `\n${voice.say('forget.stays')}`),
    rows: [
      [{ text: voice.plain('button.forget'), data: callbackData('forget', `yes-${userId}`) }],
      [{ text: voice.plain('button.keep'), data: callbackData('forget', `no-${userId}`) }],
    ],
  };
}

export function forgetDoneScreen(voice: Voice, { requests, results, stopped }: ForgottenFacts): Screen {
  return {
    text: lines(
      voice.say('forget.done'),
      voice.say('forget.requests', { count: requests }),
      results === 0 ? '' : voice.say('forget.results', { count: results }),
      stopped === 0 ? '' : voice.say('forget.stopped', { count: stopped }),
      `\n${voice.say('forget.stays')}`,
    ),
    rows: [],
  };
}

/** What each lane gives, and how the person stands. */
export type PremiumFacts = {
  readonly userId: number;
  readonly lane: Lane;
  /** When premium ends; absent for those who simply have it. */
  readonly untilMs?: number | undefined;
  /** -1 is without limit, 0 is none. */
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
};

/** What a person has used of a day; -1 as a limit is without limit. */
export type DayUse = {
  readonly used: Readonly<Record<JobKind, number>>;
  readonly perDay: Readonly<Record<JobKind, number>>;
};

/** What premium changes, only where the two lanes truly differ. */
export function premiumScreen(voice: Voice, facts: PremiumFacts): Screen {
  const { running, waiting, perDay } = facts;
  const days = jobKinds
    .filter((kind) => perDay.premium[kind] !== perDay.free[kind])
    .map((kind) =>
      voice.say('premium.per-day', {
        kind,
        premium: safe(voice.say('limit.per-day', { limit: perDay.premium[kind] })),
        free: safe(voice.say('limit.per-day', { limit: perDay.free[kind] })),
      }),
    );
  return wordsOnly(
    lines(
      voice.say('premium.header'),
      voice.say('premium.goes-first'),
      running.premium === running.free ? '' : voice.say('premium.running', running),
      waiting.premium === waiting.free ? '' : voice.say('premium.waiting', waiting),
      ...days,
      `\n${standing(voice, facts)}`,
    ),
  );
}

/** How much of today is used, one line a kind. */
export function limitsWords(voice: Voice, day: DayUse): string {
  return lines(
    ...jobKinds.map((kind) => voice.say('limits.today', { kind, used: day.used[kind], limit: day.perDay[kind] })),
  );
}

function standing(voice: Voice, facts: PremiumFacts): string {
  if (facts.lane === 'free') return voice.say('premium.how', { userId: String(facts.userId) });
  if (facts.untilMs === undefined) return voice.say('premium.active-always');
  return voice.say('premium.active', { until: new Date(facts.untilMs) });
}
