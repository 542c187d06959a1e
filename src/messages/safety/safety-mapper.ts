import type { GroupSettings } from '../../domain/chats/group-settings.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { Barred } from '../../domain/safety/safety.ts';
import type { Localizer } from '../catalog.ts';
import { exampleRows, failureWords, lines, quote, waitWithTime } from '../phrases.ts';
import { callbackData, excerpt, type MessageButton, type MessageView, plainText, safe, withoutLinks } from '../view.ts';

const reasonLimit = 300;
/** Of the words of a reported request. */
const wordsLimit = 3_000;

/** A reported result, without a word of it. */
export type ReportFacts = { readonly job: JobId; readonly userId: number; readonly reports: number };

/** The parts of the mapper about safety and about groups; `names` are the languages by their locales. */
export function safetyMessagesOf(
  localizer: (locale: string) => Localizer,
  offered: () => readonly JobKind[],
  languages: () => readonly { readonly locale: string; readonly name: string }[],
) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  const restWords = (in_: Localizer, untilMs: number, nowMs: number) =>
    in_.say('safety.resting', { wait: waitWithTime(in_, Math.max(0, untilMs - nowMs), nowMs) });
  return {
    /** Why a person may ask for nothing now. */
    barred: (barred: Barred, nowMs: number, locale: string): MessageView => {
      const in_ = localizer(locale);
      if (barred.kind === 'resting') return only(restWords(in_, barred.untilMs, nowMs));
      const { reason } = barred;
      const why = reason === undefined ? '' : in_.say('safety.reason', { reason: reasonShown(reason) });
      return only(lines(in_.say('safety.blocked'), why));
    },
    /** A request that was not accepted for its words; until when its person rests, if they do now. */
    wordsRefused: (kind: JobKind, untilMs: number | undefined, nowMs: number, locale: string): MessageView => {
      const in_ = localizer(locale);
      const rest = untilMs === undefined ? '' : `\n${restWords(in_, untilMs, nowMs)}`;
      const rows = untilMs === undefined ? exampleRows(in_, [kind]) : [];
      return { text: lines(failureWords(in_, 'refused', kind), rest), rows };
    },
    blockUsage: (locale: string): MessageView => only(localizer(locale).say('block.usage')),
    blockSet: (what: 'done' | 'ended' | 'none', id: number, locale: string): MessageView =>
      only(localizer(locale).say(`block.${what}`, { id: safe(`<code>${id}</code>`) })),

    /** With a button under it: where others see a result, they may report it. */
    withReport: (view: MessageView, { id, locale, origin }: Pick<Job, 'id' | 'locale' | 'origin'>): MessageView => {
      if (origin.chatType === 'private') return view;
      const button = { text: localizer(locale).plain('button.report'), data: callbackData('report', id) };
      return { ...view, rows: [...view.rows, [button]] };
    },
    /** To the admins: which job, never its words. */
    reported: ({ job, userId, reports }: ReportFacts, locale: string): MessageView => {
      const in_ = localizer(locale);
      const user = safe(`<a href="tg://user?id=${userId}">${userId}</a>`);
      const button = (label: 'words' | 'remove' | 'block', letter: string) => ({
        text: in_.plain(`button.report-${label}`),
        data: callbackData('report', `${letter}.${job}`),
        ...(label === 'words' ? {} : { style: 'danger' as const }),
      });
      return {
        text: in_.say('report.notice', { job: safe(`<code>${job}</code>`), reports, user }),
        rows: [[button('words', 'w'), button('remove', 'd')], [button('block', 'b')]],
      };
    },
    /** The words of a reported job, where an admin asks for them. */
    reportedWords: (job: JobId, words: string | undefined, locale: string): MessageView => {
      const in_ = localizer(locale);
      const name = safe(`<code>${job}</code>`);
      if (words === undefined) return only(in_.say('report.gone', { job: name }));
      return only(lines(in_.say('report.words', { job: name }), quote(withoutLinks(words), wordsLimit)));
    },

    /** The settings of a group, each a button; `menu` is the list of languages. */
    groupSettings: (settings: GroupSettings, locale: string, menu: 'main' | 'languages' = 'main'): MessageView => {
      const in_ = localizer(locale);
      const button = (text: string, id: string): MessageButton => ({ text, data: callbackData('group', id) });
      const text = in_.say('group.settings');
      if (menu === 'languages') {
        const own = button(in_.plain('group.own-language'), 'locale.own');
        const named = languages().map(({ locale: one, name }) => button(name, `locale.${one}`));
        return { text, rows: [[own], ...pairs(named)] };
      }
      const chosen = languages().find((one) => one.locale === settings.locale)?.name;
      const language = chosen ?? in_.plain('group.own-language');
      const kinds = offered().map((kind) => {
        const isOn = settings.kindsOff?.includes(kind) !== true;
        return button(`${isOn ? '✅' : '🚫'} ${plainText(in_.say('models.kind', { kind }))}`, `kind.${kind}`);
      });
      return {
        text,
        rows: [
          [button(in_.plain('button.group-who', { who: settings.who ?? 'everyone' }), 'who')],
          [button(in_.plain('group.language', { language }), 'languages')],
          [
            button(
              in_.plain('button.group-spoilers', { on: settings.hasSpoilers === true ? 'yes' : 'no' }),
              'spoilers',
            ),
          ],
          ...pairs(kinds),
        ],
      };
    },
    /** Why a group does not have this made. */
    groupDeclines: (why: 'kind' | 'admins', kind: JobKind, bot: string, locale: string): MessageView =>
      only(
        why === 'kind'
          ? localizer(locale).say('group.kind-off', { kind, bot })
          : localizer(locale).say('group.admins-only', { bot }),
      ),
  };
}

function reasonShown(reason: string): string {
  return excerpt(withoutLinks(reason), reasonLimit);
}

function pairs(buttons: readonly MessageButton[]): readonly (readonly MessageButton[])[] {
  const rows: MessageButton[][] = [];
  for (const [index, button] of buttons.entries()) {
    if (index % 2 === 0) rows.push([button]);
    else rows.at(-1)?.push(button);
  }
  return rows;
}
