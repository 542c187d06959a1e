import { assert, constantFrom, integer, property, string, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { aspects } from '../../../src/domain/job.ts';
import { perKind, stylesOf } from '../../../src/domain/kinds.ts';
import type { Preferences } from '../../../src/domain/personal/preferences.ts';
import type { PastRequest } from '../../../src/domain/personal/past-requests.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { readPastPress } from '../../../src/messages/personal/history-view.ts';
import { readSettingPress } from '../../../src/messages/personal/settings-view.ts';
import type { MessageView } from '../../../src/messages/view.ts';
import { runs } from '../../support/property-runs.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);

/** What the buttons of one verb ask for. */
function asked<Press>({ rows }: MessageView, verb: string, read: (data: string) => Press): readonly Press[] {
  return rows
    .flat()
    .flatMap(({ data = '' }) => (data.startsWith(`${verb}:`) ? [read(data.slice(verb.length + 1))] : []));
}

const setting = (view: MessageView) => asked(view, 'set', readSettingPress);
const menu = (name: 'shape' | 'style' | 'language', preferences: Preferences = {}) =>
  setting(mapper.settingMenu(name, { preferences }, 'en'));
const back = { kind: 'all' };

test('readSettingPress() reads every button of /settings: each switch sets the other value', () => {
  const model = { provider: 'bytez', model: 'a', label: 'A' } as const;
  const models = { offered: perKind(() => [model, { ...model, model: 'b' }]), chosen: {} };
  const ways = [
    { kind: 'models' },
    { kind: 'menu', menu: 'shape' },
    { kind: 'menu', menu: 'style' },
    { kind: 'menu', menu: 'language' },
  ];
  expect(setting(mapper.settings({ ...models, preferences: {} }, 'en'))).toEqual([
    ...ways,
    { kind: 'switch', wish: 'isPrivate', isWished: true },
    { kind: 'switch', wish: 'asFile', isWished: true },
    // Its switch says "on" while people are notified.
    { kind: 'switch', wish: 'quiet', isWished: true },
  ]);
  const all = { isPrivate: true, asFile: true, quiet: true } as const;
  expect(setting(mapper.settings({ ...models, preferences: all }, 'en'))).toEqual([
    ...ways,
    { kind: 'switch', wish: 'isPrivate', isWished: false },
    { kind: 'switch', wish: 'asFile', isWished: false },
    { kind: 'switch', wish: 'quiet', isWished: false },
  ]);
});

test('readSettingPress() reads every choice of every menu', () => {
  const free = { kind: 'shape', aspect: undefined };
  expect(menu('shape')).toEqual([...aspects.map((aspect) => ({ kind: 'shape', aspect })), free, back]);
  const styles = stylesOf('image').map((preset) => ({ kind: 'style', preset }));
  expect(menu('style')).toEqual([...styles, { kind: 'style', preset: undefined }, back]);
  expect(menu('language')).toEqual([...catalog.locales.map((locale) => ({ kind: 'language', locale })), back]);
});

test.each([
  '',
  '.',
  'all.',
  'All',
  'shape.16:9',
  'shape.17x9',
  'style.unheard',
  'private',
  'private.maybe',
  'quiet.on',
  'isPrivate.on',
  'toString.on',
  'models.on.off',
  'language.x_y',
  `language.${'a'.repeat(21)}`,
  ' all',
  'all\n',
])('readSettingPress(%j) is no press of ours', (data) => {
  expect(readSettingPress(data)).toBeUndefined();
});

const entry: PastRequest = {
  id: 12,
  jobId: jobId('7-1001'),
  userId: 7,
  kind: 'image',
  prompt: 'a red fox',
  ended: 'result',
  made: [],
  sent: [],
  askedAtMs: 0,
  isFavourite: false,
};
const past = (view: MessageView) => asked(view, 'past', readPastPress);
const labelOf = () => undefined;

test('readPastPress() reads every button of a history: its entries, both ways, and the other list', () => {
  const entries = [entry, { ...entry, id: 7 }, { ...entry, id: 3 }];
  const middle = { entries, hasNewer: true, hasOlder: true };
  const shown = [12, 7, 3].map((id) => ({ kind: 'show', id }));
  const ways = [{ newerThan: 12 }, { olderThan: 3 }];
  expect(past(mapper.history('all', middle, { labelOf }, 'en'))).toEqual([
    ...shown,
    ...ways.map((way) => ({ kind: 'page', list: 'all', ...way })),
    { kind: 'page', list: 'favourites' },
  ]);
  expect(past(mapper.history('favourites', middle, { labelOf }, 'en'))).toEqual([
    ...shown,
    ...ways.map((way) => ({ kind: 'page', list: 'favourites', ...way })),
    { kind: 'page', list: 'all' },
  ]);
  const only = { entries: [entry], hasNewer: false, hasOlder: false };
  expect(past(mapper.history('all', only, { labelOf }, 'en'))).toEqual([
    { kind: 'show', id: 12 },
    { kind: 'page', list: 'favourites' },
  ]);
});

test.each([true, false])('readPastPress() reads the star, which sets the other value: %s', (isFavourite) => {
  const card = mapper.pastCard(
    { entry: { ...entry, isFavourite }, label: undefined, isGone: false, isCaption: true },
    'en',
  );
  expect(past(card)).toEqual([{ kind: 'star', id: 12, isFavourite: !isFavourite }]);
});

test.each([
  '',
  'p',
  'p.x',
  'p.a.',
  'p.a.o',
  'p.a.o0',
  'p.a.o-1',
  'p.a.x1',
  's.',
  's.0',
  's.01',
  's.1.2',
  's.12345678901234567',
])('readPastPress(%j) is no press of ours', (data) => {
  expect(readPastPress(data)).toBeUndefined();
});

test.each(['f.1', 'f.1.', 'f.1.yes', 'f.0.on', 'f.x.on', 'f.1.on.off', ' s.1', 's.1\n', 'S.1'])(
  'readPastPress(%j) is none either',
  (data) => {
    expect(readPastPress(data)).toBeUndefined();
  },
);

test('whatever the data, a press names a positive whole number that can be counted with, or nothing', () => {
  const pieces = tuple(constantFrom('s.', 'p.a.o', 'p.f.n', 'f.', ''), integer(), constantFrom('', '.on', '.off'));
  const isId = (id: number) => Number.isSafeInteger(id) && id > 0;
  const check = (data: string) => {
    const press = readPastPress(data);
    if (press === undefined) return;
    const ids = press.kind === 'page' ? [press.olderThan, press.newerThan] : [press.id];
    expect(ids.every((id) => id === undefined || isId(id))).toBe(true);
  };
  assert(
    property(pieces, (parts) => check(parts.join(''))),
    { numRuns: runs(500) },
  );
  assert(property(string(), check), { numRuns: runs(500) });
});
