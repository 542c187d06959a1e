import { expect, test } from 'vitest';
import { furtherAliases, styleNames, styleOf, stylesOf, styleTraits } from '../../src/domain/kinds.ts';

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
  const further = furtherAliases.map(([name]) => name);
  const names = [...styleNames.flatMap((name) => [name, ...styleTraits[name].aliases]), ...further];
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(furtherAliases.filter(([, style]) => !styleNames.includes(style))).toEqual([]);
  for (const name of names) expect(styleOf(name, 'image')).toBeDefined();
});
