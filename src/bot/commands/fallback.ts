import { Composer } from 'grammy';
import { defaultKind } from '../../domain/kinds.ts';
import { checkPrompt } from '../../jobs/request/generation-request.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { wordsAfterMention, wordsOf } from '../message-words.ts';
import { isAdminHere, isUserContent } from '../middleware/identify.ts';
import { submitText } from './submit-request.ts';
import { reply, replyQuoting } from '../reply.ts';

/**
 * What no handler has answered. In groups only commands that name this bot are, and messages that begin with a mention of it; in private everything that a person writes:
 * words without a command are quoted back with buttons, or drawn where the operator says so, and a command that is nearly one of ours is named.
 */
export function fallback(deps: BotDeps): Composer<BotContext> {
  const { messages } = deps;
  const feature = new Composer<BotContext>();
  feature.on('message', async (ctx) => {
    const { locale } = ctx.speaker;
    const { text: written, command } = wordsOf(ctx.message, ctx.me.username);
    const mentioned = wordsAfterMention(ctx.message, ctx.me.username);
    const text = mentioned ?? written;
    const isPrivate = ctx.chat.type === 'private';
    const isAsked = isPrivate ? isUserContent(ctx.message) : command?.addressed === 'us' || mentioned !== undefined;
    if (!isAsked) return notAnswered(ctx, deps);
    const known = messages.commands(locale, { admin: isAdminHere(ctx) }).map((entry) => entry.command);
    if (command !== undefined) {
      if (command.addressed === 'another') return reply(ctx, messages.unknownCommand(locale));
      const meant = nearestCommand(command.name, known);
      return meant === undefined || meant === command.name
        ? reply(ctx, messages.unknownCommand(locale))
        : replyQuoting(ctx, messages.didYouMean(meant, command.words.trim(), locale));
    }
    if (ctx.message.text === undefined) return reply(ctx, messages.textOnly(locale));
    const slip = slipIn(text, known);
    if (slip !== undefined) return replyQuoting(ctx, messages.didYouMean(slip.meant, slip.words, locale));
    if (text.startsWith('/')) return reply(ctx, messages.unknownCommand(locale));
    if (!checkPrompt(text).ok) return reply(ctx, messages.usage(defaultKind, locale));
    if (deps.bareWords === 'image') return submitText(ctx, deps, 'image', text);
    return replyQuoting(ctx, messages.bareWords(text, locale));
  });
  feature.use((ctx) => notAnswered(ctx, deps));
  return feature;
}

async function notAnswered({ update }: BotContext, { emit }: Pick<BotDeps, 'emit'>): Promise<void> {
  emit({ event: 'update.ignored', updateId: update.update_id, why: 'nothing in it is for the bot' });
}

/** What people write for a command that is called otherwise. */
const synonyms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    draw: 'generate',
    image: 'generate',
    imagine: 'generate',
    img: 'generate',
    paint: 'generate',
    photo: 'generate',
    pic: 'generate',
    picture: 'generate',
    clip: 'video',
    film: 'video',
    movie: 'video',
    abort: 'cancel',
    stop: 'cancel',
    queue: 'status',
    lang: 'language',
    commands: 'help',
  }),
);
/** How many letters may be wrong in a name of this length. */
const mistakesIn = (name: string): number => (name.length <= 3 ? 1 : 2);
const minPrefix = 3;

/** The command that was probably meant by this name; undefined when none is near. */
export function nearestCommand(name: string, commands: readonly string[]): string | undefined {
  const synonym = synonyms.get(name);
  if (synonym !== undefined && commands.includes(synonym)) return synonym;
  const longer = commands.filter((command) => name.length >= minPrefix && command.startsWith(name));
  if (longer.length > 0) return longer[0];
  const [best] = commands
    .map((command) => ({ command, mistakes: editDistance(name, command) }))
    .toSorted((one, other) => one.mistakes - other.mistakes);
  return best !== undefined && best.mistakes <= mistakesIn(name) ? best.command : undefined;
}

/** A sign that looks like the slash or stands for it, and a word; Telegram marks no command there. */
const slip = /^[/\u2044\u2215\uff0f\\!]\s?([\p{L}\p{N}_]{2,32})(?:\s+|$)/u;

/** What was meant by words that nearly begin with a command: `/ generate a fox`. */
export function slipIn(
  text: string,
  commands: readonly string[],
): { readonly meant: string; readonly words: string } | undefined {
  const [whole, name] = slip.exec(text) ?? [];
  if (whole === undefined || name === undefined) return undefined;
  const meant = nearestCommand(name.toLowerCase(), commands);
  return meant === undefined ? undefined : { meant, words: text.slice(whole.length) };
}

/** Letters to insert, delete, replace or swap with a neighbour (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, column - 2) + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
