import type { Pack } from '../domain/payments/price-list.ts';
import { unquoted } from '../kit/unquoted.ts';

/** A value read from the environment, or everything that is wrong with it; the name is put in front by the caller. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly mistakes: readonly string[] };

export type Parser<Value> = (text: string) => Parsed<Value>;

export function good<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

export function bad(...mistakes: readonly string[]): { readonly ok: false; readonly mistakes: readonly string[] } {
  return { ok: false, mistakes };
}

/** Reads what is written into a variable, undefined where it is not set. */
export type Variable<Value> = (written: string | undefined) => Parsed<Value>;

/** A variable that, unset or empty, has its default. */
export function variable<Value, const Default>(
  otherwise: Default,
  parse: Parser<Value>,
  clean = unquoted,
): Variable<Value | Default> {
  return (written) => {
    const text = clean(written ?? '');
    return text === '' ? good(otherwise) : parse(text);
  };
}

/** ASCII digits only: no sign but a minus, no exponent, no hexadecimal, no spaces. */
export function wholeNumber(min: number, max: number, example: number): Parser<number> {
  return (text) => {
    const value = /^-?[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return good(Object.is(value, -0) ? 0 : value);
    return bad(`must be a whole number from ${min} to ${max}, for example ${example}`);
  };
}

/** US dollars, with or without cents; 0 lets nothing be spent. */
export const dollars: Parser<number> = (text) =>
  /^[0-9]{1,7}(?:\.[0-9]{1,6})?$/.test(text)
    ? good(Number(text))
    : bad('must be an amount of US dollars, for example 2.50');

/** Seconds with or without decimals, returned in milliseconds. */
export function seconds(rules: {
  readonly zero: boolean;
  readonly most: number;
  readonly example: number;
}): Parser<number> {
  return (text) => {
    const value = /^[0-9]{1,9}(?:\.[0-9]{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value <= rules.most && (value > 0 || (value === 0 && rules.zero))) {
      return good(value === 0 ? 0 : Math.max(1, Math.round(value * 1000)));
    }
    const least = rules.zero ? 'of seconds, 0 or more' : 'of seconds above 0';
    const most = value > rules.most ? ` and at most ${rules.most}` : '';
    return bad(`must be a number ${least}${most}, for example ${rules.example}`);
  };
}

export function oneOf<const Word extends string>(words: readonly Word[]): Parser<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? bad(`must be one of ${words.join(', ')}`) : good(word);
  };
}

const yes: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1']);
const no: ReadonlySet<string> = new Set(['off', 'false', 'no', '0']);

export const onOff: Parser<boolean> = (text) => {
  const word = text.toLowerCase();
  return yes.has(word) ? good(true) : no.has(word) ? good(false) : bad('must be on or off');
};

/** An http address that paths are appended to: no query, a user only where it may, returned without a trailing slash. */
export function baseUrl(example: string, mayHaveUser = false): Parser<string> {
  return (text) => {
    const url = /^https?:\/\/[\x21-\x7e]{1,2000}$/i.test(text) && !/[\\?#]/.test(text) ? URL.parse(text) : null;
    const isUsable = url !== null && (mayHaveUser || (url.username === '' && url.password === ''));
    if (isUsable) return good(url.href.replace(/(?<!\/)\/+$/, ''));
    const without = mayHaveUser ? 'query' : 'user, query';
    return bad(`must be an http or https address without ${without} or fragment, for example ${example}`);
  };
}

/** A comma-separated list; mistakes name the position, counted from 1 with the empty entries, which are skipped. */
export function listOf<Value>(parse: Parser<Value>): Parser<readonly Value[]> {
  return (text) => {
    const values: Value[] = [];
    const mistakes: string[] = [];
    for (const [index, entry] of text.split(',').entries()) {
      if (entry.trim() === '') continue;
      const parsed = parse(entry.trim());
      if (parsed.ok) values.push(parsed.value);
      else mistakes.push(...parsed.mistakes.map((mistake) => `position ${index + 1} ${mistake}`));
    }
    return mistakes.length === 0 ? good(values) : bad(...mistakes);
  };
}

/** Accounts that Telegram uses for anonymous admins, channels and itself: never one person. */
const nobodys: ReadonlySet<number> = new Set([1_087_968_824, 136_817_688, 777_000]);

export const userId: Parser<number> = (text) => {
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) return bad('must be a Telegram user id in digits, for example 123456789');
  if (nobodys.has(id)) return bad('is an account that Telegram uses for many senders, not a person; remove it');
  return good(id);
};

/** As above, or the id of a group, which is negative. */
export const userOrGroupId: Parser<number> = (text) => {
  if (!text.startsWith('-')) return userId(text);
  const id = /^-[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(id)
    ? good(id)
    : bad('must be a Telegram id in digits: of a person, or of a group with a - before it');
};

/** `host:port` in lower case, as the address guard compares it. */
export const hostAndPort: Parser<string> = (text) => {
  const [, host = '', port = ''] = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})$/.exec(text) ?? [];
  if (host !== '' && Number(port) >= 1 && Number(port) <= 65_535) return good(`${host.toLowerCase()}:${Number(port)}`);
  return bad('must be host:port, for example 127.0.0.1:9000');
};

/** `results:Stars` of a pack. Telegram takes up to 10,000 Stars for a subscription; a pack of more would surprise anybody. */
export const pack: Parser<Pack> = (text) => {
  const [, results, stars] = /^([0-9]{1,7}):([0-9]{1,7})$/.exec(text) ?? [];
  const found = { results: Number(results), stars: Number(stars) };
  const isRight = found.results >= 1 && found.results <= 100_000 && found.stars >= 1 && found.stars <= 10_000;
  return isRight
    ? good(found)
    : bad('must be results:Stars, at most 100000 results and 10000 Stars, for example 20:50');
};

const maxPacks = 8;

/** Packs for sale, no two with the same number of results. */
export const packs: Parser<readonly Pack[]> = (text) => {
  const read = listOf(pack)(text);
  if (!read.ok) return read;
  if (new Set(read.value.map(({ results }) => results)).size < read.value.length) {
    return bad('must name each number of results once, for example 20:50,100:200');
  }
  return read.value.length <= maxPacks ? read : bad(`must be at most ${maxPacks} packs, for example 20:50,100:200`);
};

/** A page that people open. */
export const webPage: Parser<string> = (text) => {
  const url = /^https:\/\/[\x21-\x7e]{1,2000}$/i.test(text) ? URL.parse(text) : null;
  return url !== null && url.username === '' && url.password === ''
    ? good(url.href)
    : bad('must be an https address of a page, for example https://example.com/terms');
};
