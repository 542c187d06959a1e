import type { Hsl } from '../colours.ts';
import { finderOf } from './word-forms.ts';

const colours = {
  red: { hue: 6, saturation: 0.78, lightness: 0.5 },
  crimson: { hue: 350, saturation: 0.75, lightness: 0.42 },
  ginger: { hue: 20, saturation: 0.82, lightness: 0.53 },
  orange: { hue: 26, saturation: 0.88, lightness: 0.54 },
  yellow: { hue: 47, saturation: 0.92, lightness: 0.56 },
  gold: { hue: 42, saturation: 0.8, lightness: 0.5 },
  beige: { hue: 36, saturation: 0.42, lightness: 0.76 },
  lime: { hue: 88, saturation: 0.6, lightness: 0.5 },
  green: { hue: 128, saturation: 0.48, lightness: 0.42 },
  turquoise: { hue: 176, saturation: 0.55, lightness: 0.46 },
  teal: { hue: 182, saturation: 0.6, lightness: 0.36 },
  'light blue': { hue: 202, saturation: 0.72, lightness: 0.66 },
  blue: { hue: 218, saturation: 0.7, lightness: 0.5 },
  navy: { hue: 226, saturation: 0.6, lightness: 0.28 },
  violet: { hue: 268, saturation: 0.55, lightness: 0.54 },
  purple: { hue: 282, saturation: 0.5, lightness: 0.47 },
  pink: { hue: 336, saturation: 0.78, lightness: 0.7 },
  brown: { hue: 24, saturation: 0.45, lightness: 0.36 },
  black: { hue: 230, saturation: 0.12, lightness: 0.17 },
  white: { hue: 40, saturation: 0.25, lightness: 0.93 },
  grey: { hue: 215, saturation: 0.08, lightness: 0.55 },
  silver: { hue: 210, saturation: 0.12, lightness: 0.72 },
} as const satisfies Readonly<Record<string, Hsl>>;

export type ColourName = keyof typeof colours;

/** What people call each colour before the noun (English, Russian). */
const before = {
  red: 'red scarlet ruby красн.a красненьк.a ал.a',
  crimson: 'crimson maroon burgundy багров.a бордов.a',
  ginger: 'ginger рыж.a рыженьк.a',
  orange: 'orange оранжев.a',
  yellow: 'yellow желт.a желтеньк.a',
  gold: 'gold golden золот.a золотист.a',
  beige: 'beige cream бежев.a кремов.a',
  lime: 'lime салатов.a',
  green: 'green emerald зелен.a зелененьк.a изумрудн.a',
  turquoise: 'turquoise cyan бирюзов.a',
  teal: 'teal',
  'light blue': 'azure голуб.a голубеньк.a лазурн.a',
  blue: 'blue син.a синеньк.a',
  navy: 'navy',
  violet: 'violet lavender lilac фиолетов.a сиренев.a лилов.a',
  purple: 'purple magenta пурпурн.a',
  pink: 'pink розов.a розовеньк.a',
  brown: 'brown коричнев.a бурый бурая бурое бурые бурого бурую бурой бурым бурых',
  black: 'black черн.a черненьк.a',
  white: 'white бел.a беленьк.a белоснежн.a',
  grey: 'grey gray сер.a серебрист.a',
  silver: 'silver серебрян.a',
} as const satisfies Record<ColourName, string>;

/** What people call each colour after the noun (Spanish). */
const after = {
  red: 'rojo.es rojizo.es escarlata.es',
  crimson: 'carmesí granate.es',
  ginger: 'pelirrojo.es',
  orange: 'naranja.es anaranjado.es',
  yellow: 'amarillo.es',
  gold: 'dorado.es oro',
  beige: 'beis crema',
  lime: 'lima',
  green: 'verde.es esmeralda',
  turquoise: 'turquesa.es',
  teal: 'cian',
  'light blue': 'celeste.es',
  blue: 'azul.es azulado.es',
  navy: 'marino',
  violet: 'violeta.es lila.es',
  purple: 'morado.es púrpura.es',
  pink: 'rosa.es rosado.es',
  brown: 'marrón.es pardo.es castaño.es café',
  black: 'negro.es',
  white: 'blanco.es',
  grey: 'gris.es',
  silver: 'plateado.es plata',
} as const satisfies Record<ColourName, string>;

const namedBefore = finderOf<ColourName>(before);
const namedAfter = finderOf<ColourName>(after);

/** Returns the colour itself. */
export function colourOf(name: ColourName): Hsl {
  return colours[name];
}

/** Returns the colour that a word names, and on which side of its noun the language puts it; undefined for no colour. */
export function colourNamed(
  word: string,
): { readonly name: ColourName; readonly stands: 'before' | 'after' } | undefined {
  const first = namedBefore(word);
  if (first !== undefined) return { name: first, stands: 'before' };
  const second = namedAfter(word);
  return second === undefined ? undefined : { name: second, stands: 'after' };
}
