const nonNumbers = ['NaN', 'Infinity'] as const;

/** Replaces what some services write where JSON has no number (`NaN`, `-Infinity`) with null; strings stay as they are. */
export function withoutNonNumbers(text: string): string {
  let rest = '';
  let written = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') {
      index = endOfString(text, index);
      continue;
    }
    const found = nonNumbers.find((name) => text.startsWith(name, index));
    if (found === undefined) continue;
    rest += `${text.slice(written, text[index - 1] === '-' ? index - 1 : index)}null`;
    index += found.length - 1;
    written = index + 1;
  }
  return rest + text.slice(written);
}

/** The index of the quotation mark that ends the JSON string which begins at `start`; past the text when there is none. */
export function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}
