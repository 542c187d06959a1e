import type { ImageSize } from '../domain/provider.ts';

/** Width to height, as many providers name a shape: `16:9`. */
export type AspectRatio = `${number}:${number}`;

/** Returns the ratio of a list that is nearest to a size; the list is not empty. */
export function closestRatio(size: ImageSize, ratios: readonly [AspectRatio, ...AspectRatio[]]): AspectRatio {
  const wanted = size.width / size.height;
  const distance = (ratio: AspectRatio) => Math.abs(Math.log(valueOf(ratio) / wanted));
  return ratios.reduce((best, other) => (distance(other) < distance(best) ? other : best), ratios[0]);
}

function valueOf(ratio: AspectRatio): number {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  return across / down;
}
