/** What an address is, by its bits alone: a list of its own, made from the registries and not from the guard's library. */
export type AddressClass = 'public' | 'not-public' | 'either';

/** `[first bytes in hex, length in bits]`. */
type Block = readonly [string, number];

const notPublicV4: readonly Block[] = [
  ['00000000', 8],
  ['0a000000', 8],
  ['64400000', 10],
  ['7f000000', 8],
  ['a9fe0000', 16],
  ['ac100000', 12],
  ['c0000000', 24],
  ['c0000200', 24],
  ['c0a80000', 16],
  ['c6120000', 15],
  ['c6336400', 24],
  ['cb007100', 24],
  ['e0000000', 3],
  ['a83f8110', 32],
];
/** Anycast for translators and relays: nobody's results, and nobody's secrets. */
const eitherV4: readonly Block[] = [
  ['c0586300', 24],
  ['c01fc400', 24],
  ['c034c100', 24],
  ['c0af3000', 24],
];
const notPublicV6: readonly Block[] = [
  ['20010000', 32],
  ['20010db8', 32],
  ['20020000', 16],
  ['3fff0000', 20],
  ['20010002', 48],
  ['20010010', 28],
];
const eitherV6: readonly Block[] = [
  ['20010000', 23],
  ['2620004f8000', 48],
];

export function classOfV4(address: number): AddressClass {
  const bits = BigInt(address);
  if (notPublicV4.some((block) => isIn(bits, 32, block))) return 'not-public';
  return eitherV4.some((block) => isIn(bits, 32, block)) ? 'either' : 'public';
}

export function classOfV6(bits: bigint): AddressClass {
  // A translator leads to the IPv4 address in the last 32 bits.
  if (isIn(bits, 128, ['0064ff9b0000000000000000', 96])) return classOfV4(Number(bits & 0xff_ff_ff_ffn));
  if (!isIn(bits, 128, ['20000000', 3])) return 'not-public';
  if (notPublicV6.some((block) => isIn(bits, 128, block))) return 'not-public';
  return eitherV6.some((block) => isIn(bits, 128, block)) ? 'either' : 'public';
}

/** The class of what an address in dots or colons says; words are no address and so not public. */
export function classOfText(text: string): AddressClass {
  const dots = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dots !== null) return classOfV4(dots.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0));
  return /^[0-9a-f:]+$/i.test(text) && text.includes(':') ? classOfV6(bitsOfV6(text)) : 'not-public';
}

/** Colons without dots inside, as a parser of addresses writes them. */
function bitsOfV6(text: string): bigint {
  const [before = '', after] = text.split('::');
  const words = (part: string) => part.split(':').filter((word) => word !== '');
  const [head, tail] = [words(before), words(after ?? '')];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((bits, word) => (bits << 16n) | BigInt(`0x${word}`), 0n);
}

function isIn(bits: bigint, width: number, [first, length]: Block): boolean {
  const start = BigInt(`0x${first}`) << BigInt(width - first.length * 4);
  const shift = BigInt(width - length);
  return bits >> shift === start >> shift;
}
