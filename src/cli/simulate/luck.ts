import type { Random } from '../../kit/random.ts';
import type { Luck } from './scenario.ts';

/** Luck that is drawn from a seed and the numbers alone, so that whoever asks the same meets the same. */
export function luckFrom(seed: number): Luck {
  return (...numbers) => share(numbers.reduce((mixed, number) => mix(mixed ^ mix(number)), mix(seed)));
}

/** The same chances in every run with the same seed. */
export function chancesFrom(seed: number): Random {
  let drawn = 0;
  return () => share(mix(mix(seed) ^ mix((drawn += 1))));
}

/** Spreads a whole number over 32 bits (the finalizer of MurmurHash3, away from its fixed point). */
function mix(number: number): number {
  let bits = (number + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

function share(bits: number): number {
  return (bits >>> 0) / 2 ** 32;
}
