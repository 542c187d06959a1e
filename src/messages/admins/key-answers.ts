import type { KeyAdded } from '../../domain/admin-api.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { KeyView } from '../../domain/views.ts';
import type { KeyTest } from '../../domain/admin-api.ts';
import type { Localizer } from '../catalog.ts';
import { keysTestedWords } from '../keys-view.ts';
import { reasonWords } from '../key-words.ts';
import { lines } from '../phrases.ts';
import { escapeHtml, excerpt, type MessageView, safe } from '../view.ts';

const nameLimit = 40;

/** What became of a key that an admin handed over. */
export type KeyAddedAnswer =
  | (KeyAdded & { readonly provider: ProviderName })
  /** It was written in a group, or without its provider; or the process ended before it could be used. */
  | { readonly kind: 'in-group' | 'usage' | 'lost' };

/** The answer to `/keys add`; `isDeleted` says whether the message with the key could be deleted. */
export function keyAddedView(localizer: Localizer, added: KeyAddedAnswer, isDeleted: boolean): MessageView {
  const deleted = localizer.say(isDeleted ? 'keys.add-deleted' : 'typed-key.not-deleted');
  return { text: lines(endingWords(localizer, added), '', deleted), rows: [] };
}

function endingWords(localizer: Localizer, added: KeyAddedAnswer): string {
  switch (added.kind) {
    case 'added':
      return localizer.say('keys.add-done', { provider: added.provider });
    case 'no-such-provider':
    case 'known':
      return localizer.say(`keys.add-${added.kind}`, { provider: added.provider });
    case 'refused':
    case 'not-tested':
      return localizer.say(`keys.add-${added.kind}`, {
        provider: added.provider,
        reason: reasonWords(localizer, added.reason),
      });
    case 'no-master-key':
    case 'malformed':
    case 'in-group':
    case 'usage':
    case 'lost':
      return localizer.say(`keys.add-${added.kind}`);
  }
}

/** How each tested key fared. */
export function keyTestsWords(localizer: Localizer, tests: readonly KeyTest[]): string {
  const each = tests.map(
    ({ name, ok, reason }) =>
      `<b>${escapeHtml(excerpt(name, nameLimit))}</b> ${ok ? '✅' : `⛔ ${reason === undefined ? '' : reasonWords(localizer, reason).html}`}`,
  );
  return lines(keysTestedWords(localizer, tests), ...each.slice(0, 80));
}

/** The accounts of the keys: those that share one stand in one line, with the calls that it carries. */
export function keyGroupsView(localizer: Localizer, keys: readonly KeyView[]): MessageView {
  const groups = Map.groupBy(keys, ({ id, account = id }) => account);
  const each = [...groups.values()].map((group) => {
    const [first] = group;
    const names = group.map(({ name }) => escapeHtml(excerpt(name, nameLimit))).join(', ');
    const inFlight = group.reduce((sum, key) => sum + key.inFlight, 0);
    return `👥 <b>${names}</b> · ${localizer.say('keys.in-use', { inFlight, seats: first?.seats ?? 0 })}`;
  });
  return { text: each.length === 0 ? localizer.say('keys.none') : lines(...each.slice(0, 80)), rows: [] };
}

/** The part of the message mapper about what admins do with keys. */
export function keyAnswersOf(localizer: (locale: string) => Localizer) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  return {
    keyAdded: (added: KeyAddedAnswer, isDeleted: boolean, locale: string): MessageView =>
      keyAddedView(localizer(locale), added, isDeleted),
    keysUsage: (locale: string): MessageView => only(localizer(locale).say('keys.usage')),
    keyNotFound: (name: string, locale: string): MessageView =>
      only(localizer(locale).say('keys.not-found', { name: excerpt(name, nameLimit) })),
    /** How many keys were put to work, switched off or on again. */
    keysChanged: (change: 'woken' | 'disabled' | 'enabled', count: number, locale: string): MessageView =>
      only(localizer(locale).say(`keys.${change}`, { count })),
    keyRemoved: (name: string, where: string | undefined, locale: string): MessageView =>
      only(
        where === undefined
          ? localizer(locale).say('keys.removed', { name })
          : localizer(locale).say('keys.remove-configured', {
              name,
              where: safe(`<code>${escapeHtml(excerpt(where, 200))}</code>`),
            }),
      ),
    keyTests: (tests: readonly KeyTest[], locale: string): MessageView => only(keyTestsWords(localizer(locale), tests)),
    keyGroups: (keys: readonly KeyView[], locale: string): MessageView => keyGroupsView(localizer(locale), keys),
  };
}
