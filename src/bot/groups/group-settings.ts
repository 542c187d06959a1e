import { Composer } from 'grammy';
import type { GroupSettings } from '../../domain/chats/group-settings.ts';
import { type JobKind, jobKinds, kindTraits } from '../../domain/kinds.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand } from '../message-words.ts';
import { answer, edit, reply, replyPrivately } from '../reply.ts';

const isInGroup = ({ chat }: BotContext) => chat !== undefined && chat.type !== 'private';

/** `/settings` in a group shows its settings; a press there counts only from an admin of the group. */
export function groupSettings(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('settings')).filter(isInGroup, (ctx) => showGroupSettings(ctx, deps, ctx.speaker.locale));
  return feature;
}

/** Shows the settings of the group; also to an anonymous admin, who presses the buttons as themselves. */
export async function showGroupSettings(
  ctx: BotContext,
  { groups, messages }: Pick<BotDeps, 'groups' | 'messages'>,
  locale: string,
): Promise<void> {
  if (ctx.chat === undefined) return;
  await reply(ctx, messages.groupSettings(await groups.find(ctx.chat.id), locale));
}

/** A press under the settings of a group. Telegram is asked each time whether an admin pressed. */
export async function pressGroupButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { groups, groupAdmins, messages } = deps;
  const { userId, locale } = ctx.speaker;
  const { chat } = ctx;
  if (chat === undefined || chat.type === 'private') return answer(ctx, messages.answer('expired', locale));
  if (!(await groupAdmins.isAdmin(ctx.api, chat.id, userId, true))) {
    return answer(ctx, messages.answer('group-admins', locale));
  }
  const before = await groups.find(chat.id);
  if (id === 'languages') {
    await answer(ctx);
    return edit(ctx, messages.groupSettings(before, locale, 'languages'));
  }
  const after = changed(before, id, deps);
  if (after === undefined) return answer(ctx, messages.answer('expired', locale));
  await groups.set(chat.id, after);
  const spoken = after.locale ?? locale;
  await answer(ctx, messages.answer('saved', spoken));
  return edit(ctx, messages.groupSettings(after, spoken));
}

/** The settings after a press; undefined for one that an older version offered. */
function changed(
  { locale, ...settings }: GroupSettings,
  id: string,
  { matchLocale }: Pick<BotDeps, 'matchLocale'>,
): GroupSettings | undefined {
  const kept = locale === undefined ? settings : { ...settings, locale };
  const [what = '', value = ''] = id.split('.');
  switch (what) {
    case 'who': {
      const { who, ...rest } = kept;
      return who === 'admins' ? rest : { ...rest, who: 'admins' };
    }
    case 'spoilers': {
      const { hasSpoilers, ...rest } = kept;
      return hasSpoilers === true ? rest : { ...rest, hasSpoilers: true };
    }
    case 'locale':
      if (value === 'own') return settings;
      return matchLocale(value) === value ? { ...settings, locale: value } : undefined;
    case 'kind': {
      const kind = jobKinds.find((known) => known === value);
      return kind === undefined ? undefined : withKind(kept, kind);
    }
    default:
      return undefined;
  }
}

function withKind({ kindsOff = [], ...settings }: GroupSettings, kind: JobKind): GroupSettings {
  const off = kindsOff.includes(kind) ? kindsOff.filter((one) => one !== kind) : [...kindsOff, kind];
  return off.length === 0 ? settings : { ...settings, kindsOff: off };
}

/** A notice that a request is not made in a group is repeated to the same person only after this time. */
const noticeIntervalMs = 600_000;
const maxNoticed = 1_000;
const noticedAtMs = new WeakMap<BotDeps, Map<string, number>>();

/**
 * The settings of the group in which somebody asks for something of a kind; `declined` where its admins do not want that,
 * which is told, once in a while to each person. Undefined in a private chat.
 */
export async function groupRules(
  ctx: BotContext,
  deps: BotDeps,
  kind: JobKind,
): Promise<GroupSettings | 'declined' | undefined> {
  const { chat, speaker } = ctx;
  if (chat === undefined || chat.type === 'private') return undefined;
  const settings = await deps.groups.find(chat.id);
  const isAllowed = settings.who === undefined || (await deps.groupAdmins.isAdmin(ctx.api, chat.id, speaker.userId));
  const isOff = settings.kindsOff?.includes(kind) === true;
  if (isAllowed && !isOff) return settings;
  if (mayNotice(deps, `${chat.id}:${speaker.userId}`)) {
    const why = isAllowed ? 'kind' : 'admins';
    await replyPrivately(ctx, deps.messages.groupDeclines(why, kind, ctx.me.username, speaker.locale));
  }
  return 'declined';
}

function mayNotice(deps: BotDeps, key: string): boolean {
  const told = noticedAtMs.get(deps) ?? new Map<string, number>();
  noticedAtMs.set(deps, told);
  const nowMs = deps.clock.monotonicMs();
  if (nowMs - (told.get(key) ?? -Infinity) < noticeIntervalMs) return false;
  told.delete(key);
  told.set(key, nowMs);
  const [oldest] = told.keys();
  if (told.size > maxNoticed && oldest !== undefined) told.delete(oldest);
  return true;
}

/** Whether a result of the kind can be hidden until somebody taps it. */
export function takesSpoiler(kind: JobKind): boolean {
  const { carrier } = kindTraits[kind];
  return carrier === 'photo' || carrier === 'video';
}
