/** Hue in degrees, saturation and lightness from 0 to 1. */
export type Hsl = { readonly hue: number; readonly saturation: number; readonly lightness: number };

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
