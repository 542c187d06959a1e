import { type Hsl, colourNamed } from './colours.ts';
import type { FigureName } from './figures/figures.ts';
import type { Random } from '../../src/kit/backoff.ts';
import { between, oneOf } from '../seeded-random.ts';

export type Sky = 'day' | 'dusk' | 'night';
export type Ground = 'meadow' | 'mountain' | 'sea' | 'city' | 'forest' | 'desert' | 'space';
export type Weather = 'fair' | 'snow' | 'rain';

/** The grounds for a prompt that names no place. */
const grounds: readonly [Ground, ...Ground[]] = ['meadow', 'mountain', 'forest', 'meadow', 'desert'];

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

/** The colour of a figure when the prompt names none. */
const naturalColours: Readonly<Partial<Record<FigureName, Hsl>>> = {
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

const figureNamed = finder<FigureName>(figureWords);
const placeNamed = finder<Ground>(placeWords);
const skyNamed = finder<Sky>(skyWords);
const weatherNamed = finder<Weather>(weatherWords);

function finder<Name extends string>(table: Readonly<Record<Name, string>>): (word: string) => Name | undefined {
  const names = new Map<string, Name>();
  for (const [name, words] of Object.entries(table) as [Name, string][]) {
    for (const word of words.split(' ')) names.set(word, name);
  }
  return (word) => names.get(word);
}

export type SceneFigure = { readonly name: FigureName; readonly colour: Hsl };

/** What a prompt asks to see; what it leaves open is chosen at random. */
export type Scene = {
  readonly sky: Sky;
  readonly ground: Ground;
  readonly weather: Weather;
  /** The hue of the landscape in degrees. */
  readonly hue: number;
  readonly hasMoon: boolean;
  /** At most three; without any the composition is abstract. */
  readonly figures: readonly SceneFigure[];
};

const maxFigures = 3;
const waterFigures: ReadonlySet<FigureName> = new Set(['boat', 'fish']);

/** Reads the scene out of the words of a prompt. */
export function readScene(prompt: string, random: Random): Scene {
  const words: readonly string[] = prompt.toLowerCase().match(/\p{L}+/gu) ?? [];
  const colours: Hsl[] = [];
  const figures: SceneFigure[] = [];
  let unusedColour: Hsl | undefined;
  for (const word of words) {
    const colour = colourNamed(word);
    const name = figureNamed(word);
    if (colour !== undefined) {
      colours.push(colour);
      unusedColour = colour;
    }
    if (name !== undefined && figures.length < maxFigures && !figures.some((figure) => figure.name === name)) {
      figures.push({ name, colour: unusedColour ?? naturalColours[name] ?? anyColour(random) });
      unusedColour = undefined;
    }
  }
  const isOnWater = figures.some((figure) => waterFigures.has(figure.name));
  const candidates: readonly [Ground, ...Ground[]] = isOnWater ? ['sea'] : grounds;
  const sky = firstOf(words, skyNamed) ?? oneOf<Sky>(random, ['day', 'day', 'dusk']);
  return {
    sky,
    ground: firstOf(words, placeNamed) ?? oneOf(random, candidates),
    weather: firstOf(words, weatherNamed) ?? 'fair',
    hue: landscapeHue(unusedColour, colours, random),
    hasMoon: sky === 'night' || words.includes('moon'),
    figures,
  };
}

/**
 * A colour that belongs to no figure colours the landscape; otherwise the landscape contrasts with the first colour.
 */
function landscapeHue(unusedColour: Hsl | undefined, colours: readonly Hsl[], random: Random): number {
  const drift = between(random, -14, 14);
  if (unusedColour !== undefined) return unusedColour.hue + drift / 2;
  const first = colours[0];
  return first === undefined ? between(random, 0, 360) : first.hue + 180 + drift * 2;
}

function anyColour(random: Random): Hsl {
  return {
    hue: between(random, 0, 360),
    saturation: between(random, 0.5, 0.75),
    lightness: between(random, 0.48, 0.6),
  };
}

function firstOf<Found>(words: readonly string[], find: (word: string) => Found | undefined): Found | undefined {
  for (const word of words) {
    const found = find(word);
    if (found !== undefined) return found;
  }
  return undefined;
}
