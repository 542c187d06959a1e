import type { Tones } from '../colours.ts';
import { cat, dog, fox, rabbit, bird, butterfly, fish, owl } from './animals.ts';
import { balloon, boat, flower, heart, house, robot, rocket, tree } from './things.ts';

/** Returns the SVG of a figure in a box of 100 by 100, standing on the lower edge. */
export type DrawFigure = (tones: Tones) => string;

export const figureNames = [
  'fox',
  'cat',
  'dog',
  'rabbit',
  'bird',
  'owl',
  'butterfly',
  'fish',
  'tree',
  'house',
  'flower',
  'boat',
  'robot',
  'rocket',
  'balloon',
  'heart',
] as const;

export type FigureName = (typeof figureNames)[number];

export const figures = {
  fox,
  cat,
  dog,
  rabbit,
  bird,
  owl,
  butterfly,
  fish,
  tree,
  house,
  flower,
  boat,
  robot,
  rocket,
  balloon,
  heart,
} as const satisfies Record<FigureName, DrawFigure>;

/** Figures that float above the ground. */
export const flying: ReadonlySet<FigureName> = new Set(['bird', 'butterfly', 'balloon', 'rocket', 'heart']);
