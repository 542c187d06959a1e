import type { Message, MessageEntity, Update } from 'grammy/types';
import type { HandedKey } from './admins/handed-keys.ts';
import type { PictureReference } from './commands/sent-pictures.ts';
import type { BotContext, BotDeps } from './context.ts';
import { GrammyError, type NextFunction } from 'grammy';
import type { Secret } from '../kit/secret.ts';
import { reply } from './reply.ts';
import { jobId } from '../domain/ids.ts';
import { defaultKind } from '../domain/kinds.ts';
import { maxPromptLength } from '../jobs/request/generation-request.ts';

/** A command at the beginning of what somebody wrote. */
type WrittenCommand = {
  /** In lower case, without the slash. */
  readonly name: string;
  /** Which bot it names: this one, none, or another one. */
  readonly addressed: 'us' | 'nobody' | 'another';
  /** What follows the command. */
  readonly words: string;
};

/** What a message says: its text, or the caption of its media. */
type MessageWords = {
  readonly text: string;
  readonly command?: WrittenCommand;
};

type Written = Pick<Message, 'text' | 'entities' | 'caption' | 'caption_entities'>;

/** Characters that show nothing: marks of direction, joiners, variation selectors, byte order marks. */
const marks = /^[\s\p{Default_Ignorable_Code_Point}]+/u;
const commandShape = /^\/([a-z0-9_]{1,64})(?:@(\w{1,64}))?(?!\w)/i;

/**
 * The only place that reads what a message says. Case and invisible marks before the command are of no account, and a
 * caption counts as a text does. A command is one only where Telegram marked it: a command in a piece of code is none.
 */
export function wordsOf(message: Written | undefined, username: string): MessageWords {
  if (message === undefined) return { text: '' };
  const { text = message.caption ?? '', entities = message.caption_entities ?? [] } = message;
  const start = marks.exec(text)?.[0].length ?? 0;
  const [whole, name, target] = commandShape.exec(text.slice(start)) ?? [];
  if (whole === undefined || name === undefined || !isMarked(entities, start)) return { text };
  const addressed = target === undefined ? 'nobody' : isSameName(target, username) ? 'us' : 'another';
  const words = text.slice(start + whole.length).replace(marks, '');
  return { text, command: { name: name.toLowerCase(), addressed, words } };
}

/** Telegram marks no command behind some invisible marks; there the words count, unless they are marked otherwise. */
function isMarked(entities: readonly MessageEntity[], start: number): boolean {
  const here = entities.filter(({ offset, length }) => offset <= start && start < offset + length);
  if (here.some(({ type }) => type === 'bot_command')) return true;
  return start > 0 && here.every(({ type }) => type !== 'code' && type !== 'pre');
}

function isSameName(name: string, username: string): boolean {
  return name.toLowerCase() === username.toLowerCase();
}

/** The command that is meant for this bot, or for any; undefined for words without one and for commands of other bots. */
export function ownCommand(words: MessageWords): WrittenCommand | undefined {
  return words.command?.addressed === 'another' ? undefined : words.command;
}

/** What follows a mention of the bot with which a message begins; undefined for a message that begins otherwise. */
export function wordsAfterMention(message: Written | undefined, username: string): string | undefined {
  if (message === undefined) return undefined;
  const { text = message.caption ?? '', entities = message.caption_entities ?? [] } = message;
  const start = marks.exec(text)?.[0].length ?? 0;
  const mention = entities.find(({ type, offset }) => type === 'mention' && offset === start);
  if (mention === undefined) return undefined;
  const end = start + mention.length;
  if (!isSameName(text.slice(start + 1, end), username)) return undefined;
  return text.slice(end).replace(/^[\s,:]+/u, '');
}

/** Commands that a link behind /start may stand for: they show something, and change and spend nothing. */
const linkedCommands: ReadonlySet<string> = new Set([
  'settings',
  'history',
  'favourites',
  'status',
  'styles',
  'models',
  'language',
  'premium',
  'privacy',
  'help',
]);

/** The command for this bot that the message begins with, or that a link to the bot stands for: `/start settings`. */
export function commandIn({ message, me, chat }: BotContext): WrittenCommand | undefined {
  const command = ownCommand(wordsOf(message, me.username));
  const isLink = command?.name === 'start' && chat?.type === 'private' && linkedCommands.has(command.words.trim());
  return isLink ? { ...command, name: command.words.trim(), words: '' } : command;
}

/** Accepts the messages that begin with this command. */
export function isCommand(name: string): (ctx: BotContext) => boolean {
  return (ctx) => commandIn(ctx)?.name === name;
}

/** What follows the command. */
export function wordsAfterCommand(ctx: BotContext): string {
  return commandIn(ctx)?.words.trim() ?? '';
}

/** Replaces a secret character by character, so that Telegram's entity offsets stay valid. A private-use character. */
export const mask = '\ue0e1';

/** Fields that hold typed text: messages, captions, link targets, file names, inline queries. */
const typedFields: ReadonlySet<string> = new Set(['text', 'caption', 'url', 'file_name', 'query']);

/** Shapes of tokens and keys that no prompt contains. */
const shapes: readonly RegExp[] = [
  /\d{6,12}:[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk|key|hf|r8|gsk|xai|ghp)[-_](?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}/g,
  /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{30,}|AQ\.[A-Za-z0-9_-]{20,})/g,
  /(?<![A-Za-z0-9])(?=[A-Za-z]{0,60}[0-9])(?=[0-9]{0,60}[A-Za-z])[A-Za-z0-9]{32,}/g,
  /\b[A-Z][A-Z0-9_]{0,40}(?:KEYS?|TOKEN|SECRET)(?:_[A-Z0-9_]{1,20}|[0-9]{1,6})?\s{0,3}=\s{0,3}\S{8,}/g,
  /\bAuthorization:\s{0,3}\S+(?:\s{1,3}\S{8,})?/gi,
];

/** What `/keys` does with keys that are known already: their names are no secrets. */
export const keyWorks = ['wake', 'disable', 'enable', 'test', 'groups', 'remove'] as const;

const handing = /^\/keys?(?:@\w{1,64})?\s+(\S+)(?:\s+(\S+)([^]*))?$/i;
/** `add`, as it is also mistyped. */
const adding = /^(?:a[a-z]{0,5}|new|set)$/i;
/** No name of a provider is so long, or so long with a digit in it. */
const tooLongForName = /^(?:.{21,}|(?=.{0,60}[0-9]).{9,})$/;

/** Reads what is handed over behind `/keys add <provider>`, and whatever else behind `/keys` can only be a key. */
export function handedKey(text: string): HandedKey | undefined {
  const [, work = '', first = '', more = ''] = handing.exec(text.replace(marks, '')) ?? [];
  const rest = more.trim();
  if (keyWorks.some((known) => known === work.toLowerCase())) return undefined;
  if (rest !== '' && adding.test(work)) return { provider: first.toLowerCase(), key: rest };
  const lone = [rest, first, work].find((words) => tooLongForName.test(words));
  return lone === undefined ? undefined : { provider: '', key: lone };
}

/**
 * The JSON of an update with every typed text masked that looks like a key, is handed over as one, or is one of
 * `ownSecrets`. It runs before the inbox, so no such text reaches the database, a dialogue or a prompt; `onHanded` gets the
 * key that the message itself hands over.
 */
export function redactSecrets(
  update: Update,
  ownSecrets: readonly Secret[] = [],
  onHanded: (handed: HandedKey) => void = () => undefined,
): string {
  const own = ownSecrets.map((secret) => secret.reveal()).filter((secret) => secret.length >= 8);
  // An update of another shape is still to be stored: it is its handler that fails.
  const typed: unknown = update.message?.text ?? update.message?.caption;
  const handed = typeof typed === 'string' ? handedKey(typed) : undefined;
  if (handed !== undefined) onHanded(handed);
  // A link that Telegram found in the key repeats it in other fields.
  const known = handed === undefined || handed.key.length < 8 ? own : [...own, handed.key];
  return JSON.stringify(update, (name, value: unknown) =>
    typedFields.has(name) && typeof value === 'string' ? masked(withoutHanded(value), known) : value,
  );
}

/** An answer to a message repeats its text. */
function withoutHanded(text: string): string {
  const key = handedKey(text)?.key;
  if (key === undefined) return text;
  const at = text.lastIndexOf(key);
  return text.slice(0, at) + mask.repeat(key.length) + text.slice(at + key.length);
}

function masked(text: string, known: readonly string[]): string {
  const hide = (found: string) => mask.repeat(found.length);
  const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, hide(secret)), text);
  return shapes.reduce((rest, shape) => rest.replace(shape, hide), withoutKnown);
}

/** Deletes a message in which a secret was masked and answers its author; no handler sees it. */
export function typedKeys({ messages, emit }: Pick<BotDeps, 'messages' | 'emit'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { text, caption, entities, caption_entities: links, document, video, audio } = ctx.message ?? {};
    if (!JSON.stringify([text, caption, entities, links, document, video, audio]).includes(mask)) return next();
    // Messages that group members write to each other are left alone.
    if (ctx.chat?.type !== 'private' && wordsOf(ctx.message, ctx.me.username).command === undefined) {
      return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'a masked secret in a group' });
    }
    const isDeleted = await deleteMessage(ctx);
    await reply(ctx, messages.typedKey(isDeleted, ctx.speaker.locale));
  };
}

/** Deletes the message that the update is about; false where the bot may not. */
export async function deleteMessage(ctx: BotContext): Promise<boolean> {
  try {
    return await ctx.deleteMessage();
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error;
    return error.description.includes('message to delete not found');
  }
}

/** Clients cut a text that is too long for one message at the limit, or at a line or word in its second half. */
const minFirstPart = maxPromptLength / 2;
/** Parts are sent at once; nobody writes so fast. */
const maxGapS = 2;
const maxRemembered = 1_000;

type Part = { readonly messageId: number; readonly dateS: number; readonly isTold: boolean };

/**
 * One thing that a person said in several messages. An album is answered once, whichever of its messages has the words.
 * A text that Telegram cut in two is longer than a prompt may be: none of its parts is made, and this is said once.
 */
export function splitMessages(deps: BotDeps) {
  const albums = new Map<string, true>();
  const parts = new Map<string, Part>();
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { message, chat, update } = ctx;
    if (message === undefined || chat === undefined) return next();
    const ignore = (why: string) => deps.emit({ event: 'update.ignored', updateId: update.update_id, why });
    const { command, text } = wordsOf(message, ctx.me.username);
    const album = message.media_group_id;
    if (album !== undefined) {
      const isFirst = remember(albums, `${chat.id}:${album}`, true);
      return isFirst || command !== undefined ? next() : ignore('another message of the same album');
    }
    if (chat.type !== 'private' || message.text === undefined || message.forward_origin !== undefined) return next();
    const key = String(chat.id);
    const before = command === undefined ? parts.get(key) : undefined;
    parts.delete(key);
    const isRest = before !== undefined && isNext(before, message);
    if (isRest || text.length > minFirstPart) {
      remember(parts, key, { messageId: message.message_id, dateS: message.date, isTold: isRest });
    }
    if (!isRest) return next();
    if (before.isTold) return ignore('another part of the same text');
    await dropFirstPart(ctx, deps, before.messageId);
    return replyTooLong(ctx, deps);
  };
}

function isNext({ messageId, dateS }: Part, message: Message): boolean {
  return message.message_id === messageId + 1 && message.date - dateS <= maxGapS;
}

/** Returns whether the key is new. */
function remember<Value>(entries: Map<string, Value>, key: string, value: Value): boolean {
  const isNew = !entries.has(key);
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > maxRemembered && oldest !== undefined) entries.delete(oldest);
  return isNew;
}

/** Ends what the first part has begun. */
async function dropFirstPart({ speaker, chat }: BotContext, deps: BotDeps, messageId: number): Promise<void> {
  const { service, dialogues } = deps;
  await dialogues.delete(`${chat?.id}:${speaker.userId}`);
  const views = await service.findAll(speaker.userId);
  for (const { id, phase } of views) {
    const job = phase.kind === 'ended' ? undefined : (await service.find(id))?.job;
    if (job?.origin.messageId === messageId) await service.cancel(jobId(id), speaker.userId);
  }
}

async function replyTooLong(
  ctx: BotContext,
  { messages, waiting, perDay, quotaDay: day, clock }: BotDeps,
): Promise<void> {
  const { lane, locale } = ctx.speaker;
  const limits = { waiting: waiting[lane], perDay: perDay[lane][defaultKind], promptLimit: maxPromptLength };
  const refusal = { code: 'prompt-too-long', kind: defaultKind, lane, ...limits, day, nowMs: clock.now() } as const;
  await reply(ctx, messages.refused(refusal, locale));
}

/** The picture in a message: a photo in its largest size, or a file that says it is a picture. */
export function pictureIn(message: Pick<Message, 'photo' | 'document'> | undefined): PictureReference | undefined {
  const photo = message?.photo?.toSorted((one, other) => other.width * other.height - one.width * one.height)[0];
  if (photo !== undefined) return { fileId: photo.file_id };
  const file = message?.document;
  return file?.mime_type?.startsWith('image/') === true ? { fileId: file.file_id } : undefined;
}
