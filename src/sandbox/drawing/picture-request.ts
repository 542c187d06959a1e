export type PictureRequest = {
  readonly prompt: string;
  /** Another seed, another picture of the same words. */
  readonly seed?: number | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
};

const smallest = 32;
const largest = 2048;

/** Refuses a size that cannot be drawn, before any work is done. */
export function checkSize(purpose: string, width: number, height: number): void {
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (Number.isInteger(value) && value >= smallest && value <= largest) continue;
    throw new RangeError(
      `Cannot ${purpose} with ${name} ${value}: it must be a whole number from ${smallest} to ${largest}`,
    );
  }
}
