import { expect, test } from 'vitest';
import { styleNames, styleOf, stylesOf, styleTraits } from '../../src/domain/kinds.ts';

test.each([
  ['watercolor', 'watercolor'],
  ['Watercolour', 'watercolor'],
  ['ACUARELA', 'watercolor'],
  ['акварель', 'watercolor'],
  ['Чертёж', 'blueprint'],
  ['óleo', 'painting'],
  ['pixel art', 'pixel-art'],
  ['Line_Art', 'line-art'],
  ['3D', '3d'],
  ['cubism', undefined],
  ['', undefined],
])('styleOf() finds %j as %j', (written, name) => {
  expect(styleOf(written, 'image')).toBe(name);
});

test('styleOf() finds no style of another kind, and none for what has no look', () => {
  expect(styleOf('logo', 'video')).toBeUndefined();
  expect(styleOf('anime', 'video')).toBe('anime');
  expect(stylesOf('music')).toEqual([]);
});

test('no two styles share a name, and every name can be written', () => {
  const names = styleNames.flatMap((name) => [name, ...styleTraits[name].aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(styleOf(name, 'image')).toBeDefined();
});
