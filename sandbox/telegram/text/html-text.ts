import type { MessageEntity } from 'grammy/types';
import { badRequest } from '../api-error.ts';
import type { FormattedText } from './formatted-text.ts';
import { entityFor, htmlTags, type OpenTag } from './html-tags.ts';

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/**
 * Parses the HTML of Telegram as the real server does: a closed list of tags; only `&lt; &gt; &amp; &quot;` and numeric
 * references are decoded, any other `&` stays. Throws 400 with the byte offset for a tag that is unclosed, crossed or
 * unknown.
 */
export function parseHtml(source: string): FormattedText {
  return new HtmlReader(source).read();
}

class HtmlReader {
  readonly #source: string;
  readonly #open: OpenTag[] = [];
  readonly #entities: MessageEntity[] = [];
  #at = 0;
  #text = '';

  constructor(source: string) {
    this.#source = source;
  }

  read(): FormattedText {
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (char === '&') this.#text += this.#reference();
      else if (char !== '<') {
        this.#text += char;
        this.#at += 1;
      } else if (this.#source.charAt(this.#at + 1) === '/') this.#endTag();
      else this.#startTag();
    }
    const left = this.#open.at(-1);
    if (left !== undefined) this.#refuse(`Can't find end tag corresponding to start tag "${left.name}"`);
    return { text: this.#text, entities: this.#entities };
  }

  #startTag(): void {
    const begin = this.#at;
    this.#at += 1;
    const name = this.#while((char) => !isSpace(char) && char !== '>').toLowerCase();
    if (this.#ended) this.#refuseAt('Unclosed start tag', begin);
    if (!htmlTags.has(name)) this.#refuseAt(`Unsupported start tag "${name}"`, begin);
    const attributes = this.#attributes(name, begin);
    this.#at += 1;
    if (name === 'span' && attributes.get('class') !== 'tg-spoiler') {
      this.#refuseAt('Tag "span" must have class "tg-spoiler"', begin);
    }
    this.#open.push({ name, attributes, offset: this.#text.length });
  }

  #attributes(tag: string, begin: number): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      this.#while(isSpace);
      if (this.#ended) this.#refuseAt(`Unclosed start tag "${tag}"`, begin);
      if (this.#char === '>') return attributes;
      const name = this.#while((char) => !isSpace(char) && !`=>/"'`.includes(char)).toLowerCase();
      if (name === '') this.#refuseAt(`Empty attribute name in the tag "${tag}"`, begin);
      this.#while(isSpace);
      if (this.#char !== '=') {
        if (this.#ended) this.#refuseAt(`Unclosed start tag "${tag}"`, begin);
        attributes.set(name, '');
        continue;
      }
      this.#at += 1;
      this.#while(isSpace);
      attributes.set(name, this.#attributeValue());
      if (this.#ended) this.#refuseAt('Unclosed start tag', begin);
    }
  }

  #attributeValue(): string {
    const quote = this.#char;
    if (quote !== '"' && quote !== "'") {
      const begin = this.#at;
      const token = this.#while((char) => /[A-Za-z0-9.-]/.test(char));
      if (!this.#ended && !isSpace(this.#char) && this.#char !== '>') {
        this.#refuseAt('Unexpected end of name token', begin);
      }
      return token.toLowerCase();
    }
    this.#at += 1;
    let value = '';
    while (!this.#ended && this.#char !== quote) {
      if (this.#char === '&') value += this.#reference();
      else {
        value += this.#char;
        this.#at += 1;
      }
    }
    if (!this.#ended) this.#at += 1;
    return value;
  }

  #endTag(): void {
    const begin = this.#at;
    const tag = this.#open.pop();
    if (tag === undefined) return this.#refuseAt('Unexpected end tag', begin);
    this.#at += 2;
    const name = this.#while((char) => !isSpace(char) && char !== '>');
    this.#while(isSpace);
    if (this.#char !== '>') this.#refuseAt('Unclosed end tag', begin);
    this.#at += 1;
    if (name !== '' && name !== tag.name) {
      this.#refuseAt('Unmatched end tag', begin, `, expected "</${tag.name}>", found "</${name}>"`);
    }
    const entity = entityFor(tag, this.#text.slice(tag.offset), this.#entities);
    if (entity !== undefined) this.#entities.push(entity);
  }

  #reference(): string {
    const rest = this.#source.slice(this.#at, this.#at + 12);
    const match = /^&(?:#x([0-9a-f]{1,8})|#(\d{1,9})|([a-z]+));?/i.exec(rest);
    const decoded = match === null ? undefined : decodedReference(match);
    this.#at += match === null || decoded === undefined ? 1 : match[0].length;
    return decoded ?? '&';
  }

  get #char(): string {
    return this.#source.charAt(this.#at);
  }

  get #ended(): boolean {
    return this.#at >= this.#source.length;
  }

  #while(belongs: (char: string) => boolean): string {
    const begin = this.#at;
    while (!this.#ended && belongs(this.#char)) this.#at += 1;
    return this.#source.slice(begin, this.#at);
  }

  #refuseAt(words: string, position: number, more = ''): never {
    this.#refuse(`${words} at byte offset ${Buffer.byteLength(this.#source.slice(0, position))}${more}`);
  }

  #refuse(words: string): never {
    throw badRequest(`can't parse entities: ${words}`);
  }
}

function isSpace(char: string): boolean {
  return ' \t\r\n\v\0'.includes(char);
}

function decodedReference(match: RegExpExecArray): string | undefined {
  const [, hex, decimal, name] = match;
  if (name !== undefined) return named[name];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const isCharacter = code > 0 && code < 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
