import type { Tones } from '../colours.ts';
import { bird, butterfly, cat, dog, fish, fox, owl, rabbit } from './animals.ts';
import { castle, house, lighthouse, windmill } from './buildings.ts';
import { cow, deer, frog, monkey, mouse, pig, sheep, snake, squirrel, turtle } from './more-animals.ts';
import { astronaut, man, robot, snowman, woman } from './people.ts';
import { apple, book, cake, cup, flower, ghost, guitar, heart, mushroom, star, tree, umbrella } from './things.ts';
import { balloon, bicycle, boat, car, paperBoat, plane, rocket, train, tram } from './vehicles.ts';
import { bear, dragon, duck, elephant, horse, lion, penguin, whale } from './wild-animals.ts';

/** Returns the SVG of a figure in a box of 100 by 100, standing on the lower edge. */
export type DrawFigure = (tones: Tones) => string;

export const figures = {
  fox,
  cat,
  dog,
  rabbit,
  bird,
  owl,
  butterfly,
  fish,
  horse,
  bear,
  lion,
  elephant,
  penguin,
  duck,
  whale,
  dragon,
  cow,
  sheep,
  pig,
  mouse,
  frog,
  turtle,
  deer,
  monkey,
  squirrel,
  snake,
  woman,
  man,
  astronaut,
  robot,
  snowman,
  tree,
  flower,
  heart,
  star,
  umbrella,
  cup,
  mushroom,
  apple,
  cake,
  guitar,
  book,
  ghost,
  house,
  lighthouse,
  castle,
  windmill,
  boat,
  'paper boat': paperBoat,
  rocket,
  balloon,
  tram,
  train,
  car,
  bicycle,
  plane,
} as const satisfies Readonly<Record<string, DrawFigure>>;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as readonly FigureName[];

/** Figures that float above the ground. */
export const flying: ReadonlySet<FigureName> = new Set([
  'bird',
  'butterfly',
  'balloon',
  'rocket',
  'heart',
  'star',
  'plane',
  'ghost',
]);

/** Figures that swim. */
export const swimming: ReadonlySet<FigureName> = new Set(['boat', 'paper boat', 'fish', 'whale', 'duck']);
