import type { Hsl } from './colours.ts';
import type { FigureName } from './figures/figures.ts';
import type { Random } from '../../src/kit/backoff.ts';
import { between, oneOf } from '../seeded-random.ts';
import { colourNamed, colourOf } from './words/colour-words.ts';
import { figureNamed, namesPaper } from './words/figure-words.ts';
import { namesMoon, placeNamed, skyNamed, weatherNamed } from './words/scene-words.ts';
import type { Ground, Sky, Weather } from './scene-parts.ts';
import { plainWord } from './words/word-forms.ts';

/** The grounds for a prompt that names no place. */
const grounds: readonly [Ground, ...Ground[]] = ['meadow', 'mountain', 'forest', 'meadow'];

/** Where a figure belongs when the prompt names no place. */
const usualGrounds: Readonly<Partial<Record<FigureName, Ground>>> = {
  boat: 'sea',
  'paper boat': 'sea',
  fish: 'sea',
  whale: 'sea',
  duck: 'sea',
  lighthouse: 'beach',
  tram: 'city',
  car: 'city',
  umbrella: 'city',
  bicycle: 'meadow',
  flower: 'meadow',
  windmill: 'meadow',
  mushroom: 'forest',
  bear: 'forest',
  dragon: 'mountain',
  lion: 'desert',
  astronaut: 'space',
  cow: 'meadow',
  sheep: 'meadow',
  deer: 'forest',
  squirrel: 'forest',
  monkey: 'forest',
  cake: 'room',
  book: 'room',
  cup: 'room',
  apple: 'room',
};

/** The weather that a figure brings with it. */
const usualWeathers: Readonly<Partial<Record<FigureName, Weather>>> = {
  snowman: 'snow',
  penguin: 'snow',
  umbrella: 'rain',
};

/** The colour of a figure when the prompt names none. */
const naturalColours: Readonly<Partial<Record<FigureName, Hsl>>> = {
  fox: { hue: 20, saturation: 0.82, lightness: 0.53 },
  cat: { hue: 33, saturation: 0.68, lightness: 0.56 },
  dog: { hue: 30, saturation: 0.5, lightness: 0.5 },
  owl: { hue: 28, saturation: 0.4, lightness: 0.42 },
  rabbit: { hue: 28, saturation: 0.22, lightness: 0.7 },
  horse: { hue: 22, saturation: 0.5, lightness: 0.38 },
  bear: { hue: 24, saturation: 0.42, lightness: 0.38 },
  lion: { hue: 38, saturation: 0.7, lightness: 0.58 },
  elephant: { hue: 214, saturation: 0.1, lightness: 0.58 },
  penguin: { hue: 222, saturation: 0.3, lightness: 0.24 },
  duck: { hue: 46, saturation: 0.85, lightness: 0.6 },
  whale: { hue: 208, saturation: 0.5, lightness: 0.46 },
  dragon: { hue: 130, saturation: 0.45, lightness: 0.4 },
  cow: { hue: 18, saturation: 0.4, lightness: 0.3 },
  sheep: { hue: 40, saturation: 0.3, lightness: 0.9 },
  pig: { hue: 348, saturation: 0.62, lightness: 0.76 },
  mouse: { hue: 215, saturation: 0.08, lightness: 0.6 },
  frog: { hue: 110, saturation: 0.5, lightness: 0.44 },
  turtle: { hue: 128, saturation: 0.4, lightness: 0.36 },
  deer: { hue: 26, saturation: 0.52, lightness: 0.5 },
  monkey: { hue: 22, saturation: 0.45, lightness: 0.36 },
  squirrel: { hue: 20, saturation: 0.65, lightness: 0.48 },
  snake: { hue: 96, saturation: 0.5, lightness: 0.42 },
  cake: { hue: 340, saturation: 0.6, lightness: 0.7 },
  guitar: { hue: 28, saturation: 0.65, lightness: 0.48 },
  ghost: { hue: 215, saturation: 0.2, lightness: 0.78 },
  tree: { hue: 118, saturation: 0.42, lightness: 0.38 },
  robot: { hue: 205, saturation: 0.25, lightness: 0.62 },
  astronaut: { hue: 18, saturation: 0.8, lightness: 0.54 },
  rocket: { hue: 8, saturation: 0.75, lightness: 0.54 },
  heart: { hue: 350, saturation: 0.8, lightness: 0.56 },
  star: { hue: 47, saturation: 0.92, lightness: 0.58 },
  flower: { hue: 346, saturation: 0.72, lightness: 0.58 },
  mushroom: { hue: 6, saturation: 0.75, lightness: 0.5 },
  apple: { hue: 2, saturation: 0.75, lightness: 0.48 },
  lighthouse: { hue: 4, saturation: 0.75, lightness: 0.5 },
  castle: { hue: 218, saturation: 0.35, lightness: 0.46 },
  windmill: { hue: 14, saturation: 0.5, lightness: 0.42 },
  'paper boat': { hue: 210, saturation: 0.14, lightness: 0.72 },
  tram: { hue: 4, saturation: 0.72, lightness: 0.48 },
};

export type SceneFigure = { readonly name: FigureName; readonly colour: Hsl };

/** What a prompt asks to see; what it leaves open is chosen at random. */
export type Scene = {
  readonly sky: Sky;
  readonly ground: Ground;
  readonly weather: Weather;
  /** The hue of the landscape in degrees. */
  readonly hue: number;
  readonly hasMoon: boolean;
  /** At most three; without any the picture is a landscape. */
  readonly figures: readonly SceneFigure[];
  /** What the words named: figures, the place, the sky, the weather. Empty when not one word is known. */
  readonly named: readonly string[];
};

const maxFigures = 3;
const chineseWords = new Intl.Segmenter('zh', { granularity: 'word' });
const word = /\p{L}[\p{L}\p{M}]*|\p{Extended_Pictographic}/gu;
/** Words that may stand between a noun and its colour. */
const betweenNounAndColour = /^(?:de|color|muy|y)$/;

type FoundFigure = { readonly name: FigureName; colour: Hsl | undefined };

/** The figures of a prompt with their colours, and the colours in the order in which they were named. */
type Found = {
  readonly figures: readonly FoundFigure[];
  readonly colours: readonly Hsl[];
  /** The last colour that belongs to no figure. */
  readonly unusedColour: Hsl | undefined;
};

/** Chinese is written without spaces: there a dictionary says where a word ends. */
function wordsOf(prompt: string): readonly string[] {
  return (prompt.match(word) ?? []).flatMap((run) =>
    /\p{Script=Han}/u.test(run) ? [...chineseWords.segment(run)].map(({ segment }) => segment) : [run],
  );
}

/** Reads the scene out of the words of a prompt. */
export function readScene(prompt: string, random: Random): Scene {
  const words = wordsOf(prompt).map(plainWord);
  const found = findFigures(words);
  const figures = found.figures.map(({ name, colour }) => ({
    name,
    colour: colour ?? naturalColours[name] ?? anyColour(random),
  }));
  const place = firstOf(words, placeNamed);
  const sky = firstOf(words, skyNamed);
  const weather = firstOf(words, weatherNamed);
  const usual = <Part>(parts: Readonly<Partial<Record<FigureName, Part>>>) =>
    figures.map(({ name }) => parts[name]).find((part) => part !== undefined);
  const ground = place ?? usual(usualGrounds) ?? oneOf(random, grounds);
  const drawnSky = sky ?? usualSky(ground, weather, random);
  return {
    sky: drawnSky,
    ground,
    weather: weather ?? usual(usualWeathers) ?? 'fair',
    hue: landscapeHue(found.unusedColour, found.colours, random),
    hasMoon: drawnSky === 'night' || words.some(namesMoon),
    figures,
    named: [...figures.map(({ name }) => name), place, sky, weather].filter((name) => name !== undefined),
  };
}

function usualSky(ground: Ground, weather: Weather | undefined, random: Random): Sky {
  if (ground === 'space') return 'night';
  return weather === 'rainbow' ? 'day' : oneOf<Sky>(random, ['day', 'day', 'dusk']);
}

/**
 * A colour before a noun is kept for the next figure; one that its language puts after the noun belongs to the figure
 * just named.
 */
function findFigures(words: readonly string[]): Found {
  const figures: FoundFigure[] = [];
  const colours: Hsl[] = [];
  let unusedColour: Hsl | undefined;
  /** The figure just named, as long as a colour after it would be its own. */
  let justNamed: FoundFigure | undefined;
  for (const [index, each] of words.entries()) {
    const colour = colourNamed(each);
    const name = figureIn(words, index);
    const isColour = colour !== undefined && (name === undefined || justNamed !== undefined);
    if (isColour) {
      const hsl = colourOf(colour.name);
      colours.push(hsl);
      if (colour.stands === 'after' && justNamed !== undefined && justNamed.colour === undefined)
        justNamed.colour = hsl;
      else unusedColour = hsl;
    } else if (name !== undefined) {
      const known = figures.find((figure) => figure.name === name);
      justNamed = known ?? { name, colour: unusedColour };
      if (known === undefined && figures.length < maxFigures) {
        figures.push(justNamed);
        unusedColour = undefined;
      }
    } else if (!betweenNounAndColour.test(each)) justNamed = undefined;
  }
  return { figures, colours, unusedColour };
}

function figureIn(words: readonly string[], index: number): FigureName | undefined {
  const name = figureNamed(words[index] ?? '');
  const isPaper = name === 'boat' && words.slice(Math.max(0, index - 2), index + 3).some(namesPaper);
  return isPaper ? 'paper boat' : name;
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
  for (const each of words) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
