/** What a tag begins with; anything else names no language. */
const subtag = /^[a-z]{2,3}(?:-|$)/;

/**
 * The locale that suits a language tag of Telegram (`pt`, `pt-br`, `zh_TW`, the old `in`), by rule:
 * the longest prefix of the tag that is a locale; else the first locale of the same language, whatever its region or script
 * (`pt` finds `pt-BR`, every Chinese `zh-Hans`). The case of letters never matters. Undefined where no locale has the language.
 */
export function localeForTag(tag: string | undefined, locales: readonly string[]): string | undefined {
  const written = (tag ?? '').toLowerCase().replaceAll('_', '-').split('-').slice(0, 4).join('-');
  if (!subtag.test(written)) return undefined;
  const parts = currentTag(written).split('-');
  for (let length = parts.length; length > 0; length -= 1) {
    const prefix = parts.slice(0, length).join('-');
    const named = locales.find((name) => name.toLowerCase() === prefix);
    if (named !== undefined) return named;
  }
  return locales.find((name) => languageOf(name) === parts[0]);
}

/** The two or three letters of a locale's language, which is all that Telegram takes where the bot names a language. */
export function languageOf(locale: string): string {
  return locale.toLowerCase().split('-')[0] ?? locale;
}

/** Languages are renamed now and then: `in` is `id` today, `iw` is `he`. A tag that is none stays as it is. */
function currentTag(tag: string): string {
  try {
    return (Intl.getCanonicalLocales(tag)[0] ?? tag).toLowerCase();
  } catch {
    return tag;
  }
}
