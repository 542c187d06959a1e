import { expect, test } from 'vitest';
import { songBody } from '../../../src/providers/suno/song-body.ts';

const model = 'V5';
const common = { instrumental: false, model, callBackUrl: 'https://example.com/cb' };
const lyrics = `Night train\n${'rolling on and on '.repeat(30)}`;

test.each([
  ['words alone', { prompt: 'a calm piano' }, { ...common, customMode: false, prompt: 'a calm piano' }],
  [
    'a title, which only custom mode knows',
    { prompt: 'a calm piano', title: 'Rain' },
    { ...common, customMode: false, prompt: 'a calm piano' },
  ],
  [
    'no voice, and something that should not be heard',
    { prompt: 'a calm piano', instrumental: true, negative: 'drums' },
    { ...common, customMode: false, prompt: 'a calm piano', instrumental: true, negativeTags: 'drums' },
  ],
  [
    'a style: the words are lyrics',
    { prompt: 'Rain falls\non me', style: 'slow jazz' },
    { ...common, customMode: true, prompt: 'Rain falls\non me', style: 'slow jazz', title: 'Rain falls' },
  ],
  [
    'a style and a title',
    { prompt: 'Rain falls', style: 'slow jazz', title: 'Rain' },
    { ...common, customMode: true, prompt: 'Rain falls', style: 'slow jazz', title: 'Rain' },
  ],
  [
    'a style and no voice: the words describe it further',
    { prompt: 'a calm piano', style: 'slow jazz', title: 'Rain', instrumental: true },
    { ...common, customMode: true, instrumental: true, style: 'slow jazz. a calm piano', title: 'Rain' },
  ],
  [
    'more words than a description may have',
    { prompt: lyrics },
    { ...common, customMode: true, prompt: lyrics, style: 'whatever suits the lyrics', title: 'Night train' },
  ],
] as const)('songBody() of %s', (_name, asked, body) => {
  expect(songBody({ model, ...asked })).toEqual(body);
});

test('songBody() keeps within the lengths of each model', () => {
  const long = 'so very long '.repeat(200);
  const lengths = (name: string) => {
    const { style = '', title = '' } = songBody({ model: name, prompt: 'Rain', style: long, title: long }) as {
      readonly style?: string;
      readonly title?: string;
    };
    return [style.length <= (name === 'V4' ? 200 : 1_000), title.length <= 80, style.length > 150, title.length > 60];
  };
  expect([lengths('V4'), lengths('V5')]).toEqual([Array(4).fill(true), Array(4).fill(true)]);
});
