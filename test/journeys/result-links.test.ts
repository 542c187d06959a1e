import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { eventLine } from '../../src/observability/event-line.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { bucketSecret, startTestBucket } from '../support/test-bucket.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, picturesOf, press, reads, troubles, until } from './talk.ts';

const linkOf = (message: SeenMessage | undefined) => message?.buttons.flat().find(({ url }) => url !== undefined)?.url;
const links = (person: Person) => fromBot(person.messages()).flatMap((message) => linkOf(message) ?? []);
const linked = (person: Person, count = 1) => person.waitFor(() => links(person).length >= count);

function copies({ dataDir }: TestApp) {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  return database
    .prepare('SELECT state, linked FROM result_copies ORDER BY seq')
    .all()
    .map((row) => ({ ...row }));
}

async function forget(person: Person): Promise<void> {
  const question = await answerTo(person, '/forget');
  await press(person, question.id, `forget:yes-${person.id}`);
  await reads(person, question.id, 'Done, I’ve forgotten you.');
}

/** A bot with a bucket, and a person whose picture has its button with the link. */
async function openWithLinkedPicture() {
  await using opening = new AsyncDisposableStack();
  const bucket = opening.use(await startTestBucket());
  const app = opening.use(await openTestApp({ env: bucket.env }));
  const person = app.person(7);
  await answerTo(person, '/generate a red fox');
  await linked(person);
  const opened = opening.move();
  return { bucket, app, person, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('a picture gets a button with the link to the same bytes under a name that nobody can guess', async () => {
  await using stage = await openWithLinkedPicture();
  const { bucket, app, person } = stage;
  const [picture] = picturesOf(person);
  const url = linkOf(picture) ?? '';
  expect(url).toMatch(new RegExp(`^${bucket.publicUrl}/results/[0-9a-f]{32}\\.png$`));
  expect(picture?.buttons.flat().map(({ text }) => text)).toEqual(['🔁 Again', '🎲 Variations', '⋯ More', '🔗 Link']);
  const read = await bucket.read(url);
  expect(read).toMatchObject({ status: 200, type: 'image/png' });
  const [name = ''] = readdirSync(join(app.dataDir, 'results'));
  expect(read.bytes).toEqual(readFileSync(join(app.dataDir, 'results', name)));
  expect(bucket.calls.filter(({ method }) => method === 'PUT').map(({ isSigned }) => isSigned)).toEqual([true]);
  expect(troubles(app)).toEqual([]);
  const logged = { where: 'log', text: app.events.map((event) => eventLine(event) ?? '').join('\n') };
  expect(secretsFound([logged, ...filesIn(app.dataDir)], [bucketSecret])).toEqual([]);
});

test('a copy that is there before its picture is shown has its button in the picture at once', async () => {
  await using bucket = await startTestBucket();
  const clock = fakeClock();
  await using app = await openTestApp({ env: bucket.env, clock });
  const person = app.person(7);
  await passTime(
    clock,
    answerTo(person, '/generate a red fox').then(() => linked(person)),
  );
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: '5xx', status: 502 } });
  await passTime(
    clock,
    answerTo(person, '/generate a blue fox').then(() => linked(person, 2)),
  );
  expect(callsOf(app, 'editMessageReplyMarkup')).toHaveLength(1);
  await until(() => copies(app).filter((copy) => copy['linked'] === 1).length === 2);
  expect(callsOf(app, 'editMessageReplyMarkup')).toHaveLength(1);
});

test('a slow bucket delays no picture: the link follows', async () => {
  await using bucket = await startTestBucket();
  await using app = await openTestApp({ env: bucket.env });
  const person = app.person(7);
  const hold = bucket.hold('PUT');
  await answerTo(person, '/generate a red fox');
  await pictures(person);
  await until(() => hold.arrived() === 1);
  await app.event('job.delivered');
  expect(links(person)).toEqual([]);
  hold.release();
  await linked(person);
  expect((await bucket.read(links(person)[0] ?? '')).status).toBe(200);
});

test('while the bucket is down people get their pictures, admins hear of it once, and the links follow', async () => {
  await using bucket = await startTestBucket();
  const clock = fakeClock();
  await using app = await openTestApp({ env: bucket.env, clock });
  const [person, admin] = [app.person(7), app.person(adminId)];
  await passTime(clock, answerTo(admin, '/start'));
  bucket.fail({ status: 503, code: 'SlowDown' });
  await passTime(
    clock,
    answerTo(person, '/generate a red fox').then(() => pictures(person)),
  );
  await passTime(
    clock,
    until(() => app.events.some(({ event }) => event === 'bucket.failing')),
  );
  await passTime(
    clock,
    answerTo(person, '/generate a blue fox').then(() => pictures(person, 2)),
  );
  await passTime(
    clock,
    until(() => bucket.calls.length >= 8),
  );
  expect(links(person)).toEqual([]);
  const about = () => fromBot(admin.messages(), (one) => wordsOf(one).includes('bucket')).map(wordsOf);
  await passTime(
    clock,
    until(() => about().length === 1),
  );
  bucket.fail(undefined);
  await passTime(clock, linked(person, 2));
  await passTime(
    clock,
    until(() => about().length === 2),
  );
  expect(about()).toEqual([
    expect.stringContaining('It fails by itself; I keep trying.'),
    expect.stringContaining('The bucket for results works again'),
  ]);
});

test.each([
  ['SignatureDoesNotMatch', 'It refuses the access key', 'S3_SECRET_ACCESS_KEY'],
  ['InvalidAccessKeyId', 'It refuses the access key', 'S3_ACCESS_KEY_ID'],
  ['RequestTimeTooSkewed', 'This machine’s clock is wrong', 'timedatectl'],
  ['NoSuchBucket', 'There is no such bucket', 'S3_BUCKET'],
  ['AccessDenied', 'may not write or delete', 's3:PutObject'],
])(
  'a bucket that answers %s costs nobody a picture, and an admin is told once what to fix',
  async (code, words, fix) => {
    await using bucket = await startTestBucket();
    const clock = fakeClock();
    await using app = await openTestApp({ env: bucket.env, clock });
    const [person, admin] = [app.person(7), app.person(adminId)];
    await passTime(clock, answerTo(admin, '/start'));
    bucket.fail({ status: code === 'NoSuchBucket' ? 404 : 403, code });
    await passTime(
      clock,
      answerTo(person, '/generate a red fox').then(() => pictures(person)),
    );
    await passTime(
      clock,
      answerTo(person, '/generate a blue fox').then(() => pictures(person, 2)),
    );
    await passTime(
      clock,
      until(() => bucket.calls.length >= 5),
    );
    const about = () => fromBot(admin.messages(), (one) => wordsOf(one).includes('bucket')).map(wordsOf);
    await passTime(
      clock,
      until(() => about().length > 0),
    );
    expect(about()).toEqual([expect.stringContaining(words)]);
    const failing = app.events.filter(({ event }) => event === 'bucket.failing');
    expect(failing.map((event) => eventLine(event))).toEqual([expect.stringContaining(fix)]);
  },
);

test('each song of a run has a link of its own, under itself', async () => {
  await using bucket = await startTestBucket();
  const clock = fakeClock();
  const key = 'canary-key-of-the-songs-0123456789';
  await using suno = await startSunoSandbox({ clock: systemClock, accounts: [{ name: 'First', key }] });
  const env = { MUSIC_CHAIN: 'suno:V5', SUNO_API_KEY: key, SUNO_BASE_URL: suno.baseUrl, ...bucket.env };
  await using app = await openTestApp({ clock, env, mediaHosts: [suno.mediaHost] });
  const person = app.person(7);
  person.say('/music a calm piano');
  await passTime(clock, linked(person, 2));
  const songs = fromBot(person.messages(), ({ audio }) => audio !== undefined);
  const read = await Promise.all(songs.map((song) => bucket.read(linkOf(song) ?? '')));
  expect(read.map(({ type, bytes }) => [type, bytes])).toEqual(
    songs.map(({ audio }) => ['audio/mpeg', Buffer.from(audio?.bytes ?? [])]),
  );
  expect(new Set(links(person)).size).toBe(2);
});

test('/forget deletes the object, also one that is on its way', async () => {
  await using stage = await openWithLinkedPicture();
  const { bucket, app, person } = stage;
  const hold = bucket.hold('PUT');
  await answerTo(person, '/generate a blue fox');
  await pictures(person, 2);
  await until(() => hold.arrived() === 1);
  await until(() => app.events.filter(({ event }) => event === 'job.delivered').length === 2);
  await forget(person);
  hold.release();
  await until(() => copies(app).length === 0);
  expect(await bucket.keys()).toEqual([]);
});

test('a deletion that fails is repeated until it is done, also by the next process', async () => {
  await using stage = await openWithLinkedPicture();
  const { bucket, app, person } = stage;
  bucket.fail({ status: 500, code: 'InternalError' }, 'DELETE');
  await forget(person);
  await until(() => bucket.calls.some(({ method }) => method === 'DELETE'));
  expect(await bucket.keys()).toHaveLength(1);
  bucket.fail(undefined, 'DELETE');
  await app.restart();
  await until(() => copies(app).length === 0);
  expect(await bucket.keys()).toEqual([]);
});

test('what is past the retention period goes from the bucket too', async () => {
  await using stage = await openWithLinkedPicture();
  const { bucket, app } = stage;
  await until(() => app.events.some(({ event }) => event === 'job.delivered'));
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { timeout: 20_000 });
  database.exec('UPDATE jobs SET told_at_ms = told_at_ms - 31 * 86400000');
  await app.app.core.retention.round();
  await until(() => copies(app).length === 0);
  expect(await bucket.keys()).toEqual([]);
});

test('an upload that a stop cut off is made by the next process, and its link follows', async () => {
  await using bucket = await startTestBucket();
  await using app = await openTestApp({ env: bucket.env });
  const person = app.person(7);
  const hold = bucket.hold('PUT');
  await answerTo(person, '/generate a red fox');
  await pictures(person);
  await until(() => hold.arrived() === 1);
  await app.event('job.delivered');
  await app.restart();
  hold.release();
  await linked(person);
  expect(await bucket.keys()).toHaveLength(1);
});

test('a picture that its person has deleted gets no link, and troubles nobody', async () => {
  await using bucket = await startTestBucket();
  await using app = await openTestApp({ env: bucket.env });
  const person = app.person(7);
  const hold = bucket.hold('PUT');
  await answerTo(person, '/generate a red fox');
  const [picture] = await pictures(person);
  await app.event('job.delivered');
  person.deleteMessage(picture?.id ?? 0);
  hold.release();
  await until(() => copies(app).some((copy) => copy['linked'] === 1));
  expect(callsOf(app, 'editMessageReplyMarkup')).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('an address that Telegram takes for no button is told of once, and costs nobody a picture', async () => {
  await using bucket = await startTestBucket();
  await using app = await openTestApp({ env: bucket.env });
  const says = "Bad Request: inline keyboard button URL 'x' is invalid: wrong HTTP URL";
  app.telegram.addFault({ method: 'editMessageReplyMarkup', do: { kind: 'refuse', code: 400, says } });
  const person = app.person(7);
  await answerTo(person, '/generate a red fox');
  await pictures(person);
  await app.event('link.refused');
  await answerTo(person, '/generate a blue fox');
  await pictures(person, 2);
  await until(() => copies(app).filter((copy) => copy['state'] === 'kept').length === 2);
  expect(callsOf(app, 'editMessageReplyMarkup')).toHaveLength(1);
  expect(app.events.filter(({ event }) => event === 'link.refused')).toHaveLength(1);
});

test('a bucket without a public address keeps copies, and nobody is given a link', async () => {
  await using bucket = await startTestBucket();
  await using app = await openTestApp({ env: { ...bucket.env, S3_PUBLIC_URL: '' } });
  const person = app.person(7);
  await answerTo(person, '/generate a red fox');
  await pictures(person);
  await until(() => copies(app).some((copy) => copy['linked'] === 1));
  expect(await bucket.keys()).toHaveLength(1);
  await app.restart({ S3_PUBLIC_URL: bucket.publicUrl });
  await answerTo(person, '/generate a blue fox');
  await linked(person);
  expect(linkOf(picturesOf(person)[0])).toBeUndefined();
});

test('a link that Telegram did not take is added by the next process', async () => {
  await using bucket = await startTestBucket();
  const clock = fakeClock();
  await using app = await openTestApp({ env: bucket.env, clock });
  const person = app.person(7);
  const fault = app.telegram.addFault({ method: 'editMessageReplyMarkup', do: { kind: '5xx', status: 502 } });
  await passTime(
    clock,
    answerTo(person, '/generate a red fox').then(() => pictures(person)),
  );
  await passTime(
    clock,
    until(() => callsOf(app, 'editMessageReplyMarkup').length >= 4),
  );
  fault[Symbol.dispose]();
  expect(links(person)).toEqual([]);
  await passTime(clock, app.restart());
  await passTime(clock, linked(person));
  await until(() => copies(app).some((copy) => copy['linked'] === 1));
});
