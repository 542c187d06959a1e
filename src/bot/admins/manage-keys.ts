import type { KeyView } from '../../domain/views.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { keyWorks } from '../message-words.ts';
import { reply } from '../reply.ts';

/** What `/keys` names: keys, or the word that is none of theirs. */
type NamedKeys = { readonly keys: readonly KeyView[] } | { readonly unknown: string };

/** `bytez #3` is one name. */
function namesIn(words: string): readonly string[] {
  const names: string[] = [];
  for (const word of words.split(/\s+/).filter((one) => one !== '')) {
    const last = names.at(-1);
    if (word.startsWith('#') && last !== undefined && !last.includes('#')) names[names.length - 1] = last + word;
    else names.push(word);
  }
  return names;
}

/**
 * The keys that are named: `bytez #3`, `bytez#3`, `#3` where one provider alone has it, `bytez` for all of them, `all`.
 * Without a word, all.
 */
export function namedKeys(words: string, keys: readonly KeyView[]): NamedKeys {
  const names = words.toLowerCase().split(',').flatMap(namesIn);
  const found: KeyView[] = [];
  for (const name of names.length === 0 ? ['all'] : names) {
    const own = keys.filter((key) => name === 'all' || name === key.provider || nameOf(key) === name);
    const placed = keys.filter((key) => nameOf(key).endsWith(name.startsWith('#') ? name : `#${name}`));
    const named = own.length > 0 ? own : placed.length === 1 ? placed : [];
    if (named.length === 0) return { unknown: name };
    found.push(...named);
  }
  return { keys: [...new Set(found)] };
}

/** `bytez #3` as one word. */
function nameOf({ name }: KeyView): string {
  return name.toLowerCase().replaceAll(/\s/g, '');
}

/** `/keys` with words of an admin: wakes, switches off and on, tests or removes the keys that are named, or lists accounts. */
export async function manageKeys(ctx: BotContext, { messages, admin }: BotDeps, words: string): Promise<void> {
  const { locale } = ctx.speaker;
  const [first = '', ...rest] = words.split(/\s+/);
  const work = keyWorks.find((known) => known === first.toLowerCase());
  if (work === undefined) return reply(ctx, messages.keysUsage(locale));
  const list = await admin.keys.list();
  const named = namedKeys(rest.join(' '), list);
  if ('unknown' in named) return reply(ctx, messages.keyNotFound(named.unknown, locale));
  const { keys } = named;
  const ids = keys.map(({ id }) => id);
  if (work === 'disable' && rest.length === 0) return reply(ctx, messages.keysUsage(locale));
  switch (work) {
    case 'groups':
      return reply(ctx, messages.keyGroups(keys, locale));
    case 'test':
      return reply(ctx, messages.keyTests(await admin.keys.test(rest.length === 0 ? 'all' : ids), locale));
    case 'wake':
    case 'disable':
    case 'enable': {
      const change = await admin.keys[work](ids);
      const done = ({ wake: 'woken', disable: 'disabled', enable: 'enabled' } as const)[work];
      if (change.kind === 'done') await reply(ctx, messages.keysChanged(done, change.value, locale));
      return;
    }
    case 'remove': {
      // All keys are never meant.
      const [key, ...others] = keys;
      if (key === undefined || others.length > 0 || rest.length === 0) return reply(ctx, messages.keysUsage(locale));
      const change = await admin.keys.remove(key.id);
      if (change.kind === 'asked') return;
      const removed = change.value;
      if (removed.kind === 'no-such-key') return reply(ctx, messages.keyNotFound(key.name, locale));
      return reply(
        ctx,
        messages.keyRemoved(key.name, removed.kind === 'configured' ? removed.where : undefined, locale),
      );
    }
  }
}
