import { assert, constantFrom, option, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { aspects, type GenerationOptions } from '../../../src/domain/job.ts';
import { jobKinds, styleNames, stylesOf } from '../../../src/domain/kinds.ts';
import {
  type Preferences,
  toPreferences,
  wishesOf,
  withPreference,
  withPreferences,
} from '../../../src/domain/personal/preferences.ts';
import { runs } from '../../support/property-runs.ts';

const anything = () => true;
const wide = { aspect: '16:9', preset: 'anime' } as const satisfies Preferences;

test.each<[string, Parameters<typeof withPreferences>, GenerationOptions]>([
  ['nothing is named: both hold', ['image', {}, wide, anything], wide],
  ['a shape of one’s own stays', ['image', { aspect: '1:1' }, wide, anything], { ...wide, aspect: '1:1' }],
  ['a style of one’s own stays', ['image', { preset: 'photo' }, wide, anything], { ...wide, preset: 'photo' }],
  ['a style in words stays alone', ['image', { style: 'x' }, wide, anything], { style: 'x', aspect: '16:9' }],
  ['a video has both', ['video', {}, wide, anything], wide],
  ['what is made from a picture keeps its look', ['edit', {}, wide, anything], {}],
  ['a song has no shape', ['music', {}, wide, anything], {}],
  ['a recording has no shape', ['speech', {}, wide, anything], {}],
  ['an answer has no shape', ['chat', {}, wide, anything], {}],
  ['no model follows the shape', ['image', {}, wide, ({ aspect }) => aspect === undefined], { preset: 'anime' }],
  ['no model follows the style', ['image', {}, wide, ({ preset }) => preset === undefined], { aspect: '16:9' }],
  ['no model follows both at once', ['image', {}, wide, (one) => Object.keys(one).length < 2], { aspect: '16:9' }],
  ['nothing is preferred', ['image', { seed: 7 }, {}, anything], { seed: 7 }],
])('withPreferences(): %s', (_, given, wanted) => {
  expect(withPreferences(...given)).toEqual(wanted);
});

const preferencesArbitrary = record(
  { aspect: constantFrom(...aspects), preset: constantFrom(...styleNames) },
  { requiredKeys: [] },
);

test('withPreferences() changes nothing that was named, adds only what is preferred, and only what can be followed', () => {
  assert(
    property(
      constantFrom(...jobKinds),
      preferencesArbitrary,
      preferencesArbitrary,
      option(constantFrom(...aspects), { nil: undefined }),
      (kind, options, preferences, refused) => {
        const canFollow = ({ aspect }: GenerationOptions) => aspect === undefined || aspect !== refused;
        const made = withPreferences(kind, options, preferences, canFollow);
        expect(made).toMatchObject(options);
        if (options.aspect === undefined && made.aspect !== undefined) expect(made.aspect).toBe(preferences.aspect);
        if (options.preset === undefined && made.preset !== undefined) {
          expect(made.preset).toBe(preferences.preset);
          expect(stylesOf(kind)).toContain(made.preset);
        }
        if (canFollow(options)) expect(canFollow(made)).toBe(true);
      },
    ),
    { numRuns: runs(500) },
  );
});

test('withPreference() sets one, takes one back, and leaves the others', () => {
  expect(withPreference(undefined, 'quiet', true)).toEqual({ quiet: true });
  expect(withPreference({ quiet: true, aspect: '1:1' }, 'aspect', '16:9')).toEqual({ quiet: true, aspect: '16:9' });
  expect(withPreference({ quiet: true, aspect: '1:1' }, 'quiet', undefined)).toEqual({ aspect: '1:1' });
});

test('wishesOf() is what is kept with a request: the switches that are on, or nothing', () => {
  expect(wishesOf({ ...wide, asFile: true, isPrivate: true })).toEqual({ asFile: true, isPrivate: true });
  expect(wishesOf({ quiet: true })).toEqual({ quiet: true });
  expect(wishesOf(wide)).toBeUndefined();
});

test.each<[unknown, Preferences]>([
  [
    { ...wide, asFile: true, quiet: true, isPrivate: true },
    { ...wide, asFile: true, quiet: true, isPrivate: true },
  ],
  [{ aspect: '7:1', preset: 'unheard', asFile: 1, quiet: false, isPrivate: 'yes', more: true }, {}],
  [undefined, {}],
  [null, {}],
  ['16:9', {}],
  [[], {}],
])('toPreferences(%j) keeps what this version knows', (stored, wanted) => {
  expect(toPreferences(stored)).toEqual(wanted);
});
