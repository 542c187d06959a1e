import { aKey } from '../../support/builders.ts';

/** The keys of the process that is killed, and of the one that remembers. */
export const learningKeys = [1, 2, 3, 4, 5, 6].map((place) => aKey(place));
