import { expect, test } from 'vitest';
import { randomFromText } from '../../../sandbox/seeded-random.ts';
import { hex } from '../../../sandbox/drawing/colours.ts';
import { readScene } from '../../../sandbox/drawing/scene.ts';
import { colourOf } from '../../../sandbox/drawing/words/colour-words.ts';

const read = (prompt: string) => readScene(prompt, randomFromText(prompt));

test('readScene() gives a figure the colour before it', () => {
  expect(read('A RED fox and a blue, shiny boat').figures).toEqual([
    { name: 'fox', colour: colourOf('red') },
    { name: 'boat', colour: colourOf('blue') },
  ]);
});

test('readScene() takes no more than three figures and each once', () => {
  const names = read('cat cats dog owl bird').figures.map((figure) => figure.name);
  expect(names).toEqual(['cat', 'dog', 'owl']);
});

test.each([
  { prompt: 'city at night in the rain', scene: { sky: 'night', ground: 'city', weather: 'rain', hasMoon: true } },
  { prompt: 'snowy mountain at sunrise', scene: { sky: 'dusk', ground: 'mountain', weather: 'snow', hasMoon: false } },
  { prompt: 'a boat on a sunny day', scene: { sky: 'day', ground: 'sea', weather: 'fair' } },
  { prompt: 'лиса в snow forest', scene: { ground: 'forest', weather: 'snow' } },
])('readScene() sees what "$prompt" asks for', ({ prompt, scene }) => {
  expect(read(prompt)).toMatchObject(scene);
});

test('readScene() gives the landscape a colour that belongs to no figure', () => {
  expect(Math.abs(read('a fox under a purple sky').hue - 282)).toBeLessThan(8);
});

test('readScene() ignores property names that every object has', () => {
  expect(read('constructor __proto__ toString').figures).toEqual([]);
});

test.each([
  ['un zorro rojo y un gato de color negro', { fox: 'red', cat: 'black' }],
  ['dos gatas blancas bajo un cielo morado', { cat: 'white' }],
  ['una rosa amarilla', { flower: 'yellow' }],
  ['о синем драконе и рыжей лисице', { dragon: 'blue', fox: 'ginger' }],
  ['a red fox, golden lions', { fox: 'red', lion: 'gold' }],
] as const)('readScene() gives each figure of "%s" its own colour', (prompt, colours) => {
  expect(read(prompt).figures).toEqual(
    Object.entries(colours).map(([name, colour]) => ({ name, colour: colourOf(colour) })),
  );
});

test('readScene() names nothing where it knows not one word, and the picture is a landscape', () => {
  for (const prompt of ['lorem ipsum', '눈 속의 여우', 'สุนัขจิ้งจอกในหิมะ', '']) {
    expect(read(prompt)).toMatchObject({ figures: [], named: [], weather: 'fair' });
  }
});

test('hex() turns hue, saturation and lightness into a colour', () => {
  expect([hex(0, 1, 0.5), hex(120, 1, 0.5), hex(-120, 1, 0.5), hex(60, 0, 2)]).toEqual([
    '#ff0000',
    '#00ff00',
    '#0000ff',
    '#ffffff',
  ]);
});
