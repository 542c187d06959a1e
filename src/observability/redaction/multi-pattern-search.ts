/** This many first letters decide whether a place of a text is compared in full; shorter forms are not searched for. */
const startLength = 4;
/** Forms are indexed by this many first letters: secrets of one provider often share a prefix. */
const headLength = 8;
/** The bits of each letter that enter the hash. */
const letterBits = 5;
const letterMask = 2 ** letterBits - 1;
const windowMask = 2 ** (letterBits * startLength) - 1;

/**
 * Finds any of many forms in a text, in one pass whose time does not grow with their number. The lowest bits of the last
 * four letters form a hash; a bit set says for each hash whether any form begins with it. Only where one does are the forms
 * themselves compared.
 */
export class MultiPatternSearch {
  /** A bit for each of the 2^20 numbers. */
  readonly #begins = new Int32Array((windowMask + 1) / 32);
  readonly #known = new Set<string>();
  readonly #byHead = new Map<string, string[]>();
  /** Forms that are shorter than a head. */
  readonly #short: string[] = [];

  add(forms: Iterable<string>): void {
    const grown = new Set<string[]>();
    for (const form of forms) {
      if (form.length < startLength || this.#known.has(form)) continue;
      this.#known.add(form);
      const alike = this.#alike(form);
      alike.push(form);
      grown.add(alike);
      let window = 0;
      for (let at = 0; at < startLength; at += 1) window = pushed(window, form.charCodeAt(at));
      this.#begins[window >> 5] = (this.#begins[window >> 5] ?? 0) | (1 << (window & 31));
    }
    // Of two forms with a common prefix the longer one is found.
    for (const alike of grown) alike.sort((a, b) => b.length - a.length);
  }

  /** The first form in the text at or after `from`. */
  findIn(text: string, from: number): { readonly at: number; readonly form: string } | undefined {
    const begins = this.#begins;
    let window = 0;
    for (let end = from; end < text.length; end += 1) {
      window = pushed(window, text.charCodeAt(end));
      if (((begins[window >> 5] ?? 0) & (1 << (window & 31))) === 0) continue;
      const at = end - startLength + 1;
      const form = at < from ? undefined : this.#formAt(text, at);
      if (form !== undefined) return { at, form };
    }
    return undefined;
  }

  #alike(form: string): string[] {
    if (form.length < headLength) return this.#short;
    const head = form.slice(0, headLength);
    const known = this.#byHead.get(head);
    if (known !== undefined) return known;
    const alike: string[] = [];
    this.#byHead.set(head, alike);
    return alike;
  }

  #formAt(text: string, at: number): string | undefined {
    const isAt = (form: string) => text.startsWith(form, at);
    return this.#byHead.get(text.slice(at, at + headLength))?.find(isAt) ?? this.#short.find(isAt);
  }
}

function pushed(window: number, letter: number): number {
  return ((window << letterBits) | (letter & letterMask)) & windowMask;
}
