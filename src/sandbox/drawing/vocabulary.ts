import type { Hsl } from './colours.ts';
import type { FigureName } from './figures.ts';

export type Sky = 'day' | 'dusk' | 'night';
export type Ground = 'meadow' | 'mountain' | 'sea' | 'city' | 'forest' | 'desert' | 'space';
export type Weather = 'fair' | 'snow' | 'rain';

/** Where a prompt may lead that names no place. */
export const grounds: readonly [Ground, ...Ground[]] = ['meadow', 'mountain', 'forest', 'meadow', 'desert'];

const figureWords = {
  fox: 'fox foxes vixen zorro renard fuchs volpe лиса лис',
  cat: 'cat cats kitten kitty gato chat katze кот кошка',
  dog: 'dog dogs puppy wolf perro chien hund собака',
  bird: 'bird birds sparrow parrot eagle robin pájaro oiseau vogel птица',
  owl: 'owl owls búho hibou eule сова',
  fish: 'fish fishes whale shark dolphin pez poisson fisch рыба',
  rabbit: 'rabbit rabbits bunny hare conejo lapin hase кролик',
  butterfly: 'butterfly butterflies moth mariposa papillon schmetterling бабочка',
  tree: 'tree trees oak pine árbol arbre baum дерево',
  house: 'house houses home cottage cabin hut castle casa maison haus дом',
  flower: 'flower flowers rose tulip daisy garden flor fleur blume цветок',
  boat: 'boat boats ship sailboat barco bateau boot лодка',
  robot: 'robot robots android cyborg робот',
  rocket: 'rocket rockets spaceship ракета',
  balloon: 'balloon balloons',
  heart: 'heart hearts love corazón cœur herz сердце',
} as const satisfies Record<FigureName, string>;

const placeWords = {
  meadow: 'meadow field hill hills grass valley',
  mountain: 'mountain mountains peak peaks alps everest',
  sea: 'sea ocean lake river beach water harbour harbor island underwater',
  city: 'city town street skyline tokyo paris london downtown',
  forest: 'forest woods jungle woodland',
  desert: 'desert dune dunes sahara',
  space: 'space galaxy cosmos planet planets universe mars',
} as const satisfies Record<Ground, string>;

const skyWords = {
  day: 'day sun sunny morning noon summer spring',
  dusk: 'dusk sunset sunrise dawn evening twilight autumn',
  night: 'night midnight moon moonlight star stars starry dark space galaxy neon',
} as const satisfies Record<Sky, string>;

const weatherWords = {
  fair: 'clear',
  snow: 'snow snowy winter frost ice blizzard christmas',
  rain: 'rain rainy storm stormy drizzle',
} as const satisfies Record<Weather, string>;

/** What a figure wears when the prompt names no colour. */
export const naturalColours: Readonly<Partial<Record<FigureName, Hsl>>> = {
  fox: { hue: 20, saturation: 0.82, lightness: 0.53 },
  cat: { hue: 33, saturation: 0.68, lightness: 0.56 },
  dog: { hue: 30, saturation: 0.5, lightness: 0.5 },
  owl: { hue: 28, saturation: 0.4, lightness: 0.42 },
  rabbit: { hue: 28, saturation: 0.22, lightness: 0.7 },
  tree: { hue: 118, saturation: 0.42, lightness: 0.38 },
  robot: { hue: 205, saturation: 0.25, lightness: 0.62 },
  rocket: { hue: 8, saturation: 0.75, lightness: 0.54 },
  heart: { hue: 350, saturation: 0.8, lightness: 0.56 },
};

export const figureNamed = finder<FigureName>(figureWords);
export const placeNamed = finder<Ground>(placeWords);
export const skyNamed = finder<Sky>(skyWords);
export const weatherNamed = finder<Weather>(weatherWords);

function finder<Name extends string>(table: Readonly<Record<Name, string>>): (word: string) => Name | undefined {
  const names = new Map<string, Name>();
  for (const [name, words] of Object.entries(table) as [Name, string][]) {
    for (const word of words.split(' ')) names.set(word, name);
  }
  return (word) => names.get(word);
}
