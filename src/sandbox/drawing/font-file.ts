import { createRequire } from 'node:module';
import { devPackage } from './dev-package.ts';

/** Where the one font of the sandbox lies. */
export function fontFile(): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  return devPackage('dejavu-fonts-ttf', 'draw pictures', () => resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
}
