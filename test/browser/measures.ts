import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** The text of the functions that run in the page; the page's own policy admits no script from elsewhere. */
const inPage = readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8').replaceAll(/^export /gm, '');

export type Overflow = { readonly pixels: number; readonly elements: readonly string[] };
export type Contrast = { readonly ratio: number; readonly words: string };

type Measures = {
  readonly overflow: Overflow;
  readonly coveredControls: readonly string[];
  readonly brokenLists: readonly string[];
  readonly brokenWords: readonly string[];
  readonly contrasts: readonly Contrast[];
};

/** Measures the page as it is now; in-page.js says what each measure is. */
export function measured<Name extends keyof Measures>(page: Page, name: Name): Promise<Measures[Name]> {
  return page.evaluate(`(() => { ${inPage}\nreturn ${name}(); })()`);
}
