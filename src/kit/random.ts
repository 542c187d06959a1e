/** A number from 0 (included) to 1 (excluded), like Math.random. */
export type Random = () => number;

export const systemRandom: Random = Math.random;
