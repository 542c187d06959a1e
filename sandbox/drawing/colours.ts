/** Hue in degrees, saturation and lightness from 0 to 1. */
export type Hsl = { readonly hue: number; readonly saturation: number; readonly lightness: number };

const namedColours: Readonly<Record<string, Hsl>> = {
  red: { hue: 6, saturation: 0.78, lightness: 0.5 },
  crimson: { hue: 350, saturation: 0.75, lightness: 0.42 },
  orange: { hue: 26, saturation: 0.88, lightness: 0.54 },
  yellow: { hue: 47, saturation: 0.92, lightness: 0.56 },
  gold: { hue: 42, saturation: 0.8, lightness: 0.5 },
  golden: { hue: 42, saturation: 0.8, lightness: 0.5 },
  green: { hue: 128, saturation: 0.48, lightness: 0.42 },
  turquoise: { hue: 176, saturation: 0.55, lightness: 0.46 },
  teal: { hue: 182, saturation: 0.6, lightness: 0.36 },
  blue: { hue: 214, saturation: 0.7, lightness: 0.52 },
  violet: { hue: 268, saturation: 0.55, lightness: 0.54 },
  purple: { hue: 282, saturation: 0.5, lightness: 0.47 },
  pink: { hue: 336, saturation: 0.78, lightness: 0.7 },
  brown: { hue: 24, saturation: 0.45, lightness: 0.36 },
  black: { hue: 230, saturation: 0.12, lightness: 0.17 },
  white: { hue: 40, saturation: 0.25, lightness: 0.93 },
  grey: { hue: 215, saturation: 0.08, lightness: 0.55 },
  gray: { hue: 215, saturation: 0.08, lightness: 0.55 },
  silver: { hue: 210, saturation: 0.12, lightness: 0.72 },
};

/** Returns the colour of an English word; undefined when it names none. */
export function colourNamed(word: string): Hsl | undefined {
  return Object.hasOwn(namedColours, word) ? namedColours[word] : undefined;
}

/** Returns the colour as `#rrggbb`; values out of range are clamped. */
export function hex(hue: number, saturation: number, lightness: number): string {
  const s = Math.min(1, Math.max(0, saturation));
  const l = Math.min(1, Math.max(0, lightness));
  const chroma = s * Math.min(l, 1 - l);
  const channel = (offset: number) => {
    const k = (offset + (((hue % 360) + 360) % 360) / 30) % 12;
    const value = l - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** The colours of one figure. */
export type Tones = { readonly main: string; readonly dark: string; readonly light: string; readonly ink: string };

/** Derives the colours of a figure from its main colour. */
export function tonesOf({ hue, saturation, lightness }: Hsl): Tones {
  return {
    main: hex(hue, saturation, lightness),
    dark: hex(hue - 8, saturation, lightness * 0.68),
    light: hex(hue + 10, saturation * 0.55, lightness + (1 - lightness) * 0.78),
    ink: hex(hue + 200, 0.25, 0.13),
  };
}
