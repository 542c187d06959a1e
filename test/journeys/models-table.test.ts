import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, fromBot, openTestApp, premiumId, type TestApp, wordsOf } from '../support/test-app.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { runs } from './talk.ts';

const photoreal = 'dreamlike-art/dreamlike-photoreal-2.0';
const anime = 'dreamlike-art/dreamlike-anime-1.0';

/** The bot with a models table of the operator, which a test may rewrite. */
async function withTable(rows: readonly object[], chain: string) {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(scratch());
  const path = join(place.dir, 'models.json');
  const write = (text: string) => writeFileSync(path, text);
  write(JSON.stringify(rows));
  const clock = fakeClock();
  const app = opening.use(await openTestApp({ clock, env: { MODELS_FILE: path, IMAGE_CHAIN: chain } }));
  const opened = opening.move();
  return { app, clock, write, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function modelsAsked(app: TestApp): readonly string[] {
  return app.events.flatMap((one) => (one.event === 'attempt.started' ? [one.model] : []));
}

function dayAfter(nowMs: number, days: number): string {
  return new Date(nowMs + days * 86_400_000).toISOString().slice(0, 10);
}

test('the caption names the model as the table does, and a table with a mistake is kept out', async () => {
  const row = { provider: 'bytez', model: photoreal, label: 'Photoreal Two' };
  await using stage = await withTable([row], `bytez:${photoreal}`);
  const { app, clock, write } = stage;
  const captionFor = async (id: number): Promise<string> => {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
    return wordsOf(fromBot(person.messages(), (message) => message.photo !== undefined).at(-1));
  };
  expect(await captionFor(7)).toContain('Photoreal Two');

  write(JSON.stringify([{ ...row, label: 'Another', price: 'much' }]));
  await clock.advance(6_000);
  const warning = await app.event('config.warning');
  expect(warning.text).toMatch(/^The models table stays as it was, because MODELS_FILE row 1 .*price/);
  expect(await captionFor(8)).toContain('Photoreal Two');

  write(JSON.stringify([{ ...row, label: 'Photoreal Three' }]));
  await clock.advance(6_000);
  expect(await app.event('models.reloaded')).toMatchObject({ rows: 1 });
  expect(await captionFor(9)).toContain('Photoreal Three');
});

test('a model that is gone is replaced by the one that the table names, at once and for the next person', async () => {
  const rows = [
    { provider: 'bytez', model: 'org/gone', replaced_by: anime },
    { provider: 'bytez', model: anime, label: 'Anime' },
  ];
  await using stage = await withTable(rows, `bytez:org/gone,bytez:${photoreal}`);
  const { app, clock } = stage;
  for (const id of [7, 8]) {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
    expect(wordsOf(fromBot(person.messages(), (message) => message.photo !== undefined).at(-1))).toContain('Anime');
  }
  expect(modelsAsked(app)).toEqual(['org/gone', anime, anime]);
});

test('admins are told once, two weeks ahead, that a model ends; on the day the chain moves on by itself', async () => {
  const clock = fakeClock();
  const endsOn = dayAfter(clock.now(), 13);
  const rows = [{ provider: 'bytez', model: photoreal, ends_on: endsOn }];
  await using place = scratchFile(JSON.stringify(rows));
  const env = { MODELS_FILE: place.path, IMAGE_CHAIN: `bytez:${photoreal},bytez:${anime}` };
  await using app = await openTestApp({ clock, env });
  const admin = app.person(adminId);
  admin.say('/start');
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => text.includes(photoreal))),
  );
  await passTime(clock, app.restart());
  await clock.advance(60_000);
  expect(app.events.filter(({ event }) => event === 'model.ends')).toEqual([
    { event: 'model.ends', provider: 'bytez', model: photoreal, endsOn },
  ]);

  const [before, after] = [app.person(7), app.person(8)];
  before.say('/generate a fox');
  await passTime(clock, before.waitFor(hasPicture));
  clock.jump(13 * 86_400_000);
  await clock.advance(60_000);
  after.say('/generate a fox');
  await passTime(clock, after.waitFor(hasPicture));
  expect(modelsAsked(app)).toEqual([photoreal, anime]);
});

test('a model that only some may use is passed over for the others, and who may use none is told so', async () => {
  const rows = [
    { provider: 'bytez', model: photoreal, who: 'premium' },
    { provider: 'bytez', model: anime, who: [7] },
  ];
  await using stage = await withTable(rows, `bytez:${photoreal},bytez:${anime}`);
  const { app, clock } = stage;
  for (const id of [premiumId, 7]) {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
  }
  expect(modelsAsked(app)).toEqual([photoreal, anime]);
  const stranger = app.person(8);
  stranger.say('/generate a fox');
  await passTime(
    clock,
    stranger.waitFor((messages) => fromBot(messages).length > 0),
  );
  expect(wordsOf(fromBot(stranger.messages()).at(-1))).toContain('I can’t do this for you here');
  expect(runs(app)).toHaveLength(2);
});

test.each([
  ['end', [photoreal]],
  ['next', [photoreal, anime]],
] as const)('with CHAIN_ON_REFUSAL=%s a refused request asks %j', async (choice, asked) => {
  const clock = fakeClock();
  const env = { CHAIN_ON_REFUSAL: choice, IMAGE_CHAIN: `bytez:${photoreal},bytez:${anime}` };
  await using app = await openTestApp({ clock, env, accounts: [[{ do: { kind: 'refused' } }]] });
  const person = app.person(7);
  person.say('/generate something forbidden');
  const failed = await passTime(clock, app.event('job.failed'));
  expect(failed).toMatchObject({ code: 'refused' });
  expect(modelsAsked(app)).toEqual(asked);
  expect(app.events.filter(({ event }) => event === 'key.changed' || event === 'model.cooling')).toEqual([]);
});

function scratchFile(text: string) {
  const place = scratch();
  const path = join(place.dir, 'models.json');
  writeFileSync(path, text);
  return { path, [Symbol.asyncDispose]: async () => place[Symbol.dispose]() };
}
