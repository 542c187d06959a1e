/** Names that every language writes in Latin letters, and what people may type: commands and options. */
const names = /(?<!\p{L})[/@]\w+|--[\w-]+|\b(?:Telegram|Darkroom|UTC|PNG|JPEG|WebP|MB|premium)\b/giu;
/** English words that are no words of another language here. */
const english = /\b(?:the|your?|again|please|this|there|were|isn’t|doesn’t|can’t|ready|waiting|request|nothing)\b/i;
/** What nobody in a chat should read: a status code, a hole in a sentence, a name from inside. */
const machinery =
  /(?<![\p{Nd}.,:])[45٤٥۴۵]\p{Nd}{2}(?![\p{Nd}.,:])|undefined|\bnull\b|\bNaN\b|\[object|[{}]|https?:|[Bb]ytez|canary/u;

/**
 * What is wrong with words that are shown in this language: words of another one, two sorts of digits, plural forms that
 * were left out, or words of the machine.
 */
export function faultsOfWords(locale: string, shown: string): readonly string[] {
  const words = shown.replaceAll(names, '');
  const own = new Intl.NumberFormat(locale, { useGrouping: false }).format(9_876_543_210);
  const isLatin = new Intl.Locale(locale).maximize().script === 'Latn';
  const foreign = isLatin ? (locale === 'en' ? undefined : english.exec(words)) : /[A-Za-z]{2,}/.exec(words);
  const digit = (words.match(/\p{Nd}/gu) ?? []).find((one) => !own.includes(one));
  const inside = machinery.exec(words);
  return [
    ...(foreign ? [`has the foreign word "${foreign[0]}"`] : []),
    ...(digit === undefined ? [] : [`has the foreign digit "${digit}"`]),
    ...(inside ? [`shows "${inside[0]}"`] : []),
  ];
}
