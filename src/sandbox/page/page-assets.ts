import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export type Asset = { readonly type: string; readonly text: string };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The static files of the page by name, read once: nothing outside this list can be asked for. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const folder = join(import.meta.dirname, 'assets');
  return new Map(
    readdirSync(folder).flatMap((name) => {
      const type = types[extname(name)];
      return type === undefined ? [] : [[name, { type, text: readFileSync(join(folder, name), 'utf8') }] as const];
    }),
  );
}
