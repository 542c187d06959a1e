/** The text on one line without control characters, at most so long; terminals and log readers take it as it is. */
export function oneLine(text: string, longest = 300): string {
  const line = text.replace(/[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).toWellFormed()}…`;
}
