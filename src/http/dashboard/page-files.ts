import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(import.meta.dirname, 'assets');
const ownFile = (name: string) => () => join(folder, name);
const packageFile = (name: string) => () => fileURLToPath(import.meta.resolve(`uplot/dist/${name}`));

/** The files of the page by their name under `/dashboard/`. */
export const assets: ReadonlyMap<string, () => string> = new Map([
  ...[
    'style.css',
    'parts.css',
    'icon.svg',
    'sign-in.css',
    'main.js',
    'server.js',
    'dom.js',
    'words.js',
    'state.js',
    'overview.js',
    'keys.js',
    'key-dialogs.js',
    'jobs.js',
    'job-story.js',
    'models.js',
    'people.js',
    'history.js',
    'charts.js',
  ].map((name) => [name, ownFile(name)] as const),
  ['uplot.js', packageFile('uPlot.iife.min.js')],
  ['uplot.css', packageFile('uPlot.min.css')],
]);

export const assetPath = (name: string) => `/dashboard/${name}`;

/** What a browser may ask for before it has signed in: static files without any data, and the form. */
export const dashboardPages: ReadonlyMap<string, 'GET' | 'POST'> = new Map([
  ['/', 'GET'],
  ['/sign-in', 'POST'],
  ...[...assets.keys()].map((name) => [assetPath(name), 'GET'] as const),
]);

/** Where the file of this name lies. */
export function fileOf(name: string): string {
  return assets.get(name)?.() ?? join(folder, name);
}
