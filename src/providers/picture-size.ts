import type { ImageSize, Json } from '../domain/provider.ts';

/** How large a picture may be. */
export type SizeRule =
  /** Any size in steps, up to these many pixels and this much longer than wide. */
  | { readonly kind: 'free'; readonly step: number; readonly maxPixels: number; readonly maxRatio: number }
  | { readonly kind: 'one-of'; readonly sizes: readonly [ImageSize, ...ImageSize[]] };

/** How a request says which shape the picture has. */
export type SizeForm =
  /** `size: "1024x768"` */
  | { readonly as: 'size'; readonly rule: SizeRule }
  /** `width` and `height` */
  | { readonly as: 'sides'; readonly rule: SizeRule }
  /** `aspect_ratio: "16:9"` */
  | { readonly as: 'aspect'; readonly ratios: readonly [`${number}:${number}`, ...`${number}:${number}`[]] };

/** The fields with which a request asks for the nearest size that the model has; none where no size was asked for. */
export function sizeFields(size: ImageSize | undefined, form: SizeForm): Readonly<Record<string, Json>> {
  if (size === undefined) return {};
  switch (form.as) {
    case 'size': {
      const { width, height } = fittedSize(size, form.rule);
      return { size: `${width}x${height}` };
    }
    case 'sides':
      return { ...fittedSize(size, form.rule) };
    case 'aspect':
      return { aspect_ratio: nearestRatio(size, form.ratios) };
  }
}

/** The one of these ratios, such as `16:9`, that is nearest to the shape of the size. */
export function nearestRatio<Ratio extends string>(
  { width, height }: ImageSize,
  ratios: readonly [Ratio, ...Ratio[]],
): Ratio {
  return nearest(ratios, (ratio) => distance(ratioOf(ratio), width / height));
}

function fittedSize(size: ImageSize, rule: SizeRule): ImageSize {
  const wanted = size.width / size.height;
  if (rule.kind === 'one-of') return nearest(rule.sizes, ({ width, height }) => distance(width / height, wanted));
  const { step, maxPixels, maxRatio } = rule;
  const ratio = Math.min(maxRatio, Math.max(1 / maxRatio, wanted));
  const pixels = Math.min(maxPixels, size.width * size.height);
  const side = (length: number) => Math.max(step, Math.floor(length / step) * step);
  const [width, height] = [side(Math.sqrt(pixels * ratio)), side(Math.sqrt(pixels / ratio))];
  // Rounding down the shorter side may exceed the ratio by a little.
  return { width: Math.min(width, maxRatio * height), height: Math.min(height, maxRatio * width) };
}

/** The first of those that are nearest. */
function nearest<Value>(values: readonly [Value, ...Value[]], far: (value: Value) => number): Value {
  return values.reduce((best, other) => (far(other) < far(best) ? other : best));
}

function distance(ratio: number, wanted: number): number {
  return Math.abs(Math.log(ratio / wanted));
}

function ratioOf(ratio: string): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number);
  return width / height;
}
