import type { Catalog } from './catalog.ts';
import type { MessageId } from './message-ids.ts';
import type { ParamsAfter } from './message-params.ts';

/** The catalog in one language. */
export type Voice = {
  readonly locale: string;
  say<Id extends MessageId>(id: Id, ...params: ParamsAfter<Id>): string;
  plain<Id extends MessageId>(id: Id, ...params: ParamsAfter<Id>): string;
};

export function voiceOf(catalog: Catalog, languageCode: string): Voice {
  const locale = catalog.match(languageCode, languageCode);
  return {
    locale,
    say: (id, ...params) => catalog.say(locale, id, ...params),
    plain: (id, ...params) => catalog.plain(locale, id, ...params),
  };
}
