import type { Random } from '../../kit/random.ts';
import { between, oneOf } from './chance.ts';
import { colourNamed } from './colours.ts';
import type { Hsl } from './colours.ts';
import type { FigureName } from './figures.ts';
import { figureNamed, grounds, naturalColours, placeNamed, skyNamed, weatherNamed } from './vocabulary.ts';
import type { Ground, Sky, Weather } from './vocabulary.ts';

export type SceneFigure = { readonly name: FigureName; readonly colour: Hsl };

/** What a prompt asks to see; whatever it leaves open is chosen by chance. */
export type Scene = {
  readonly sky: Sky;
  readonly ground: Ground;
  readonly weather: Weather;
  /** Of the whole landscape, in degrees. */
  readonly hue: number;
  readonly hasMoon: boolean;
  /** At most three; empty makes an abstract composition. */
  readonly figures: readonly SceneFigure[];
};

const mostFigures = 3;
const wetFigures: ReadonlySet<FigureName> = new Set(['boat', 'fish']);

export function readScene(prompt: string, chance: Random): Scene {
  const words: readonly string[] = prompt.toLowerCase().match(/\p{L}+/gu) ?? [];
  const colours: Hsl[] = [];
  const figures: SceneFigure[] = [];
  let fresh: Hsl | undefined;
  for (const word of words) {
    const colour = colourNamed(word);
    const name = figureNamed(word);
    if (colour !== undefined) {
      colours.push(colour);
      fresh = colour;
    }
    if (name !== undefined && figures.length < mostFigures && !figures.some((figure) => figure.name === name)) {
      figures.push({ name, colour: fresh ?? naturalColours[name] ?? anyColour(chance) });
      fresh = undefined;
    }
  }
  const isWet = figures.some((figure) => wetFigures.has(figure.name));
  const calm: readonly [Ground, ...Ground[]] = isWet ? ['sea'] : grounds;
  const sky = firstOf(words, skyNamed) ?? oneOf<Sky>(chance, ['day', 'day', 'dusk']);
  return {
    sky,
    ground: firstOf(words, placeNamed) ?? oneOf(chance, calm),
    weather: firstOf(words, weatherNamed) ?? 'fair',
    hue: landscapeHue(fresh, colours, chance),
    hasMoon: sky === 'night' || words.includes('moon'),
    figures,
  };
}

/** A colour word that no figure wears paints the landscape; else the landscape stands against the first colour. */
function landscapeHue(fresh: Hsl | undefined, colours: readonly Hsl[], chance: Random): number {
  const drift = between(chance, -14, 14);
  if (fresh !== undefined) return fresh.hue + drift / 2;
  const first = colours[0];
  return first === undefined ? between(chance, 0, 360) : first.hue + 180 + drift * 2;
}

function anyColour(chance: Random): Hsl {
  return {
    hue: between(chance, 0, 360),
    saturation: between(chance, 0.5, 0.75),
    lightness: between(chance, 0.48, 0.6),
  };
}

function firstOf<Found>(words: readonly string[], find: (word: string) => Found | undefined): Found | undefined {
  for (const word of words) {
    const found = find(word);
    if (found !== undefined) return found;
  }
  return undefined;
}
