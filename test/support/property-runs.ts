/** Somebody waits for this run after each change: it looks at less than `npm test` does. */
export const isQuick = process.env['QUICK_PROPERTIES'] !== undefined;

/**
 * How many examples of a property are tried: all of them in `npm test`, a tenth in `npm run test:unit`.
 */
export function runs(all: number): number {
  return isQuick ? Math.ceil(all / 10) : all;
}
