import type { AccessRequest } from '../../domain/people/access.ts';
import type { Localizer } from '../catalog.ts';
import { lines } from '../phrases.ts';
import {
  type ButtonStyle,
  callbackData,
  escapeHtml,
  type MessageButton,
  type MessageView,
  safe,
  shownText,
  withoutLinks,
} from '../view.ts';

const dayMs = 86_400_000;

/** What the operator wants people to read: how to reach them, and the page of their rules. */
export type OperatorLines = { readonly contact?: string | undefined; readonly rulesUrl?: string | undefined };

/** The view with the operator's lines under it. */
export function withOperator(
  localizer: Localizer,
  view: MessageView,
  { contact, rulesUrl }: OperatorLines,
): MessageView {
  const rules: MessageButton | undefined =
    rulesUrl === undefined ? undefined : { text: localizer.plain('button.rules'), url: rulesUrl };
  return {
    text: lines(
      view.text,
      // A name or an address of the operator stays a link.
      contact === undefined ? '' : `\n${localizer.say('operator.contact', { contact: safe(escapeHtml(contact)) })}`,
    ),
    rows: rules === undefined ? view.rows : [...view.rows, [rules]],
  };
}

export type PrivacyFacts = {
  readonly retentionMs: number;
  /** How long the entries of a person's history are kept; 0 where none are. */
  readonly historyMs: number;
  /** When the result was made that is asked about, and when what is kept of it goes; in milliseconds since 1970. */
  readonly result?: { readonly madeAtMs: number; readonly untilMs: number } | undefined;
  /** Whether results are copied to a storage beside the bot's own machine. */
  readonly keepsCopies: boolean;
  /** Who may be sent the words. */
  readonly providers: readonly string[];
  readonly hasPayments: boolean;
};

/** What is kept and for how long, as the bot is set up. */
export function privacyView(localizer: Localizer, facts: PrivacyFacts): MessageView {
  const providers = safe(
    new Intl.ListFormat(localizer.locale, { type: 'conjunction' }).format(facts.providers.map(escapeHtml)),
  );
  const { result } = facts;
  const age =
    result && localizer.say('privacy.result', { made: new Date(result.madeAtMs), until: new Date(result.untilMs) });
  return {
    text: lines(
      age && `${age}\n`,
      localizer.say('privacy.kept', { days: Math.round(facts.retentionMs / dayMs) }),
      facts.historyMs > 0 ? localizer.say('privacy.history', { days: Math.round(facts.historyMs / dayMs) }) : '',
      facts.providers.length === 0 ? '' : localizer.say('privacy.providers', { providers }),
      facts.keepsCopies ? localizer.say('privacy.copies') : '',
      facts.hasPayments ? localizer.say('privacy.payments') : '',
      `\n${localizer.say('privacy.rights')}`,
    ),
    rows: [],
  };
}

/** Someone, or a group, asks to be let in: to an admin, also after it was decided. */
export function accessRequestView(localizer: Localizer, { id, name, state }: AccessRequest): MessageView {
  const number = String(Math.abs(id));
  const who = safe(
    id > 0
      ? `<a href="tg://user?id=${number}">${escapeHtml(withoutLinks(shownText(name ?? number)))}</a> (${number})`
      : escapeHtml(withoutLinks(shownText(name ?? number))),
  );
  const button = (answer: 'allow' | 'refuse', style: ButtonStyle): MessageButton => ({
    text: localizer.plain(`button.access-${answer}`),
    data: callbackData('access', `${answer}-${id}`),
    style,
  });
  const [allow, refuse] = [button('allow', 'success'), button('refuse', 'danger')];
  const buttons = { asked: [allow, refuse], allowed: [refuse], refused: [allow] }[state];
  return {
    text: localizer.say(`access-request.${state}`, { who, subject: id > 0 ? 'person' : 'group' }),
    rows: [buttons],
  };
}

/** The part of the message mapper about who may use the bot, one's own data and those who bring others. */
export function peopleMessagesOf(localizer: (locale: string) => Localizer, operator: OperatorLines) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  const signed = (view: MessageView, locale: string) => withOperator(localizer(locale), view, operator);
  return {
    privacy: (facts: PrivacyFacts, locale: string): MessageView =>
      signed(privacyView(localizer(locale), facts), locale),
    exportAnswer: (asked: 'asked' | 'too-soon', locale: string): MessageView =>
      only(localizer(locale).say(`export.${asked}`)),
    exportCaption: (locale: string): MessageView => only(localizer(locale).say('export.caption')),
    /** Where somebody stands who may not use the bot, or may from now on. */
    access: (state: 'private' | 'asked' | 'waiting' | 'allowed' | 'refused', locale: string): MessageView =>
      signed(only(localizer(locale).say(`access.${state}`)), locale),
    accessRequest: (request: AccessRequest, locale: string): MessageView =>
      accessRequestView(localizer(locale), request),
    invitation: (link: string, count: number, locale: string): MessageView =>
      only(localizer(locale).say('invite.link', { link: safe(`<code>${escapeHtml(link)}</code>`), count })),
    referralThanks: (count: number, locale: string): MessageView =>
      only(localizer(locale).say('invite.thanks', { count })),
  };
}
