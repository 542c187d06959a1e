/**
 * How many examples of a property are tried: all of them in `npm test`, a tenth in `npm run test:unit`, which somebody waits
 * for after each change.
 */
export function runs(all: number): number {
  return process.env['QUICK_PROPERTIES'] === undefined ? all : Math.ceil(all / 10);
}
