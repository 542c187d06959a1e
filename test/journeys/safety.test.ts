import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonReply, startStandIn } from '../../sandbox/http/stand-in-server.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { flaggedWidth } from '../../sandbox/openai/moderations.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { pngOf } from '../../src/kit/png.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, openTestApp, wordsOf } from '../support/test-app.ts';
import { hashOf } from './gateway-stage.ts';
import { answerTo, pictures, picturesOf, press, runs, until } from './talk.ts';

const clientToken = 'dk_canary-token-of-a-client-0123456789abcdef';
const openaiKey = 'sk-canary-key-of-openai-0123456789';

test('words on the list cost nothing, several of them make a person rest across a restart, and an admin ends it (A20)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    clock,
    env: { MODERATION: 'words', STRIKES: '2', STRIKE_REST_S: '600', FREE_IMAGES_PER_DAY: '1' },
  });
  const [person, admin] = [app.person(7), app.person(adminId)];
  const refused = await passTime(clock, answerTo(person, '/generate Child  PORN'));
  expect(wordsOf(refused)).toContain('The service declined this request');
  expect(wordsOf(refused)).not.toContain('ask again');
  const second = await passTime(clock, answerTo(person, '/generate a fox, chi\u200bld \uff50orn'));
  expect(wordsOf(second)).toContain('You can ask again in about 10 minutes');
  await app.restart();
  const resting = await passTime(clock, answerTo(person, '/generate a fox'));
  expect(wordsOf(resting)).toContain('Several of your requests were declined');
  expect(runs(app)).toEqual([]);
  const who = () => passTime(clock, answerTo(admin, '/whois 7')).then(wordsOf);
  expect(await who()).toMatch(
    /⏸ Rests after several refusals; may ask again in about 10 minutes .*\nRefusals that still count: 2/,
  );

  expect(wordsOf(await passTime(clock, answerTo(admin, '/unblock 7')))).toContain('7 may ask again');
  expect(await who()).not.toMatch(/⏸|Refusals/);
  // Nothing of it was counted: the one picture of the day is left.
  person.say('/generate a fox');
  expect(await passTime(clock, pictures(person, 1))).toHaveLength(1);
  expect(app.events.filter(({ event }) => event === 'request.refused')).toHaveLength(2);
});

test('a person whom an admin blocks has waiting requests cancelled, is told why, and is heard again after /unblock', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '5' } });
  const [person, admin] = [app.person(7), app.person(adminId)];
  const hold = app.bytez.hold();
  person.say('/generate a fox');
  await until(() => runs(app).length === 1);
  const waiting = await answerTo(person, '/generate a hare');
  expect(wordsOf(await answerTo(person, '/block 8'))).toContain('don’t know that command');
  expect(wordsOf(await answerTo(admin, '/block'))).toContain('/block 123456 reason');
  expect(wordsOf(await answerTo(admin, '/block 7 selling at t.me/spam'))).toContain('7 is blocked');
  await person.waitFor((seen) => wordsOf(seen.find(({ id }) => id === waiting.id)).includes('Cancelled'));
  hold.release();
  const who = wordsOf(await answerTo(admin, '/whois 7'));
  expect(who).toMatch(/🚫 Blocked since .*\nselling at t\.\u2060me\/spam/);
  const told = wordsOf(await answerTo(person, '/generate a bear'));
  expect(told).toContain('I can’t take requests from you here');
  // What an admin wrote calls nobody and opens nothing.
  expect(told).toContain('Their reason: selling at t.\u2060me/spam');
  expect(runs(app)).toHaveLength(1);
  expect(wordsOf(await answerTo(admin, '/unblock 7'))).toContain('7 may ask again');
  expect(wordsOf(await answerTo(admin, '/unblock 7'))).toContain('isn’t blocked');
  person.say('/generate a bear');
  expect(await pictures(person, 1)).toHaveLength(1);
});

test('a result in a group is reported once by each person; admins are told its number, and its words when they ask', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [ann, ben, admin] = [app.person(7), app.person(8), app.person(adminId)];
  await answerTo(admin, '/start');
  ann.say('/generate a fox', { in: group });
  const [picture] = await pictures(ann, 1, group);
  expect(await press(ben, picture?.id ?? 0, '🚩 Report', { in: group })).toContain('have been told');
  expect(await press(ben, picture?.id ?? 0, '🚩 Report', { in: group })).toContain('already');
  await app.restart();
  expect(await press(ann, picture?.id ?? 0, '🚩 Report', { in: group })).toContain('have been told');
  const isTold = (seen: readonly SeenMessage[]) => seen.filter(({ text }) => text.includes('was reported'));
  const notices = isTold(await admin.waitFor((seen) => isTold(seen).length > 0));
  expect(notices).toHaveLength(1);
  // Of an album every picture goes, with the row of buttons under it.
  await press(ann, picture?.id ?? 0, '🎲 Variations', { in: group });
  const hasButton = (label: string) => (seen: readonly SeenMessage[]) =>
    seen.filter(({ buttons }) => buttons.flat().some(({ text }) => text === label));
  await ann.waitFor((seen) => hasButton('🎲 ×2')(seen).length > 0, { in: group });
  await press(ann, picture?.id ?? 0, '🎲 ×2', { in: group });
  const [row] = hasButton('2')(await ann.waitFor((seen) => hasButton('2')(seen).length > 0, { in: group }));
  expect(await pictures(ann, 3, group)).toHaveLength(3);
  await press(ben, row?.id ?? 0, '🚩 Report', { in: group });
  const [, ofAlbum] = (await admin.waitFor((seen) => isTold(seen).length === 2).then(isTold)) ?? [];
  expect(await press(admin, ofAlbum?.id ?? 0, '🗑 Remove the result')).toBe('Deleted.');
  await until(() => picturesOf(ann, group).length === 1 && !ann.messages(group).some(({ id }) => id === row?.id));
  const [notice] = notices;
  expect(notice?.text).not.toContain('fox');
  await press(admin, notice?.id ?? 0, '👁 Show the words');
  await admin.waitFor((seen) => seen.some(({ text }) => text.includes('a fox')));
  expect(await press(admin, notice?.id ?? 0, '🚫 Block the person')).toBe('Blocked.');
  expect(await press(admin, notice?.id ?? 0, '🗑 Remove the result')).toBe('Deleted.');
  await until(() => !ann.messages(group).some(({ id }) => id === picture?.id));
  // What concerns one person alone is shown to that person alone.
  const before = ben.messages(group).length;
  ann.say('/generate a hare', { in: group });
  await ann.waitFor((seen) => wordsOf(seen.at(-1)).includes('can’t take requests from you'), { in: group });
  expect(ben.messages(group)).toHaveLength(before + 1);
  expect(runs(app)).toHaveLength(3);
});

test('admins of a group set what is made there, for whom, in which language and hidden; a mention asks; all follows the group', async () => {
  await using app = await openTestApp({ env: { BARE_WORDS: 'image' } });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [ann, ben] = [app.person(7), app.person(8)];
  group.makeAdmin(7);
  const settings = await answerTo(ann, '/settings', { in: group });
  expect(await press(ben, settings.id, '👥 Who may ask: everyone', { in: group })).toContain('Only admins');
  expect(await press(ann, settings.id, '🙈 Hide pictures until tapped: off', { in: group })).toBe('Saved.');
  expect(await press(ann, settings.id, '✅ 🎬 Videos', { in: group })).toBe('Saved.');
  ben.say('@darkroom_sandbox_bot a fox', { in: group });
  expect(await pictures(ben, 1, group)).toMatchObject([{ spoiler: true }]);
  ben.say('/video a fox', { in: group });
  await ben.waitFor((seen) => wordsOf(seen.at(-1)).includes('Videos are turned off in this group'), { in: group });
  expect(ann.messages(group).some((seen) => wordsOf(seen).includes('turned off'))).toBe(false);

  await press(ann, settings.id, '🌍 Language: everyone’s own', { in: group });
  // The buttons follow the answer to a press.
  const hasButton = (label: string) => (seen: readonly SeenMessage[]) =>
    seen.some(({ buttons }) => buttons.flat().some(({ text }) => text === label));
  await ann.waitFor(hasButton('Deutsch'), { in: group });
  expect(await press(ann, settings.id, 'Deutsch', { in: group })).toBe('Gespeichert.');
  await ann.waitFor(hasButton('👥 Fragen dürfen: alle'), { in: group });
  expect(await press(ann, settings.id, '👥 Fragen dürfen: alle', { in: group })).toBe('Gespeichert.');
  const supergroup = group.upgrade(-1_000_000_000_100);
  supergroup.makeAdmin(7);
  app.telegram.sendUpdate({
    message: {
      message_id: 900,
      date: 1,
      chat: { id: -100, type: 'group', title: 'Painters' },
      from: { id: 7, is_bot: false, first_name: 'Person 7' },
      migrate_to_chat_id: supergroup.id,
    },
  });
  app.telegram.sendUpdate({
    message: {
      message_id: 1,
      date: 1,
      chat: { id: supergroup.id, type: 'supergroup', title: 'Painters' },
      from: { id: 7, is_bot: false, first_name: 'Person 7' },
      migrate_from_chat_id: -100,
    },
  });
  ben.say('/generate a hare', { in: supergroup });
  await ben.waitFor((seen) => wordsOf(seen.at(-1)).includes('nur für ihre Admins'), { in: supergroup });
  ann.say('/generate a hare', { in: supergroup });
  expect(await pictures(ann, 1, supergroup)).toMatchObject([{ spoiler: true }]);
  expect(runs(app)).toHaveLength(2);
});

test('OpenAI is asked about words with its own keys, and a hook as well, for people and programs; while one is down the rule holds', async () => {
  await using opening = new AsyncDisposableStack();
  const accounts = [
    { name: 'dead', key: 'sk-revoked-key-of-openai-0123456789' },
    { name: 'one', key: openaiKey },
  ];
  const openai = opening.use(
    await startOpenAiSandbox({
      clock: systemClock,
      accounts: accounts.slice(1),
      models: ['gpt-6-luna', 'gpt-image-2.6-flare'],
    }),
  );
  const hookTexts: string[][] = [];
  const clients = join(tmpdir(), `darkroom-safety-${process.pid}.json`);
  opening.defer(() => rmSync(clients, { force: true }));
  writeFileSync(clients, JSON.stringify({ clients: [{ name: 'tests', token_sha256: hashOf(clientToken) }] }));
  let hookAllows = true;
  const hook = opening.use(
    await startStandIn(async ({ body }) => {
      const { texts, images = [] } = JSON.parse(body) as { texts: string[]; images?: string[] };
      hookTexts.push([...texts, ...images.map((one) => one.slice(0, 22))]);
      return jsonReply(200, { allowed: hookAllows });
    }),
  );
  const app = opening.use(
    await openTestApp({
      env: {
        MODERATION: 'openai',
        MODERATION_URL: `${hook.root}/check?token=canary`,
        MODERATION_WHEN_DOWN: 'refuse',
        OPENAI_API_KEYS: accounts.map(({ key }) => key).join(','),
        OPENAI_BASE_URL: `http://${openai.mediaHost}`,
        IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0',
        CHAT_CHAIN: 'openai:gpt-6-luna',
        EDIT_CHAIN: 'openai:gpt-image-2.6-flare',
        API_CLIENTS_FILE: clients,
      },
    }),
  );
  const person = app.person(7);
  const asked = () => openai.calls.filter(({ route }) => route === 'moderations').length;
  person.say('/generate much gore');
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).includes('The service declined')));
  expect(runs(app)).toEqual([]);
  expect(asked()).toBeGreaterThanOrEqual(1);
  expect(hookTexts).toEqual([]);

  person.say('/generate a fox');
  await pictures(person, 1);
  expect(hookTexts).toEqual([['a fox']]);
  // A program is judged by the same rule, whatever it asks for, and gets the reason in its own language.
  const program = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${clientToken}`, 'content-type': 'application/json' };
    const url = `${app.app.httpUrl}/v1/${path}`;
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return [reply.status, ((await reply.json()) as { error?: { code?: string } }).error?.code];
  };
  const said = (content: string) => ({ model: 'gpt-6-luna', messages: [{ role: 'user', content }] });
  const model = 'dreamlike-art/dreamlike-photoreal-2.0';
  const runsBefore = runs(app).length;
  expect(await program('images/generations', { model, prompt: 'much gore' })).toEqual([
    400,
    'content_policy_violation',
  ]);
  expect(await program('chat/completions', said('tell of gore'))).toEqual([400, 'content_policy_violation']);
  expect(openai.calls.filter(({ route }) => route === 'chat')).toEqual([]);
  expect(await program('chat/completions', said('tell of a fox'))).toEqual([200, undefined]);
  expect(runs(app)).toHaveLength(runsBefore);
  expect(hookTexts.at(-1)).toEqual(['tell of a fox']);
  // Pictures are judged as well, those of programs too.
  const edits = () => openai.calls.filter(({ route }) => route === 'edits').length;
  const gory = Buffer.from(pngOf({ width: flaggedWidth, height: 1, pixels: new Uint8Array(flaggedWidth) }));
  const declined = () => person.messages().filter((one) => wordsOf(one).includes('The service declined')).length;
  const [declinedBefore, hookedBefore] = [declined(), hookTexts.length];
  person.sendPhoto('/edit make it winter', { bytes: gory });
  await until(() => declined() > declinedBefore);
  const shown = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${gory.toString('base64')}` } }];
  const seen = {
    model: 'gpt-6-luna',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Look' }, ...shown] }],
  };
  expect(await program('chat/completions', seen)).toEqual([400, 'content_policy_violation']);
  expect([edits(), hookTexts.length]).toEqual([0, hookedBefore]);
  person.sendPhoto('/edit make it winter');
  await until(() => edits() > 0);
  expect(hookTexts.at(-1)).toEqual(['make it winter', 'data:image/png;base64,']);
  hookAllows = false;
  const before = runs(app).length;
  person.say('/generate a hare');
  await until(() => declined() === declinedBefore + 2);

  openai.setFaults(Array.from({ length: 2 }, () => ({ route: 'moderations', reply: jsonReply(503, {}) }) as const));
  person.say('/generate a bear');
  await app.event('moderation.failing');
  await app.event('job.failed', ({ code }) => code === 'provider-down');
  expect(runs(app)).toHaveLength(before);
  expect(JSON.stringify(app.events)).not.toContain('canary');
});

test('the log says at the start that OpenAI is to be asked about words and no key of it works', async () => {
  await using app = await openTestApp({ env: { MODERATION: 'openai' } });
  const { text } = await app.event('config.warning', (event) => event.text.startsWith('MODERATION=openai'));
  expect(text).toContain('set OPENAI_API_KEY; until one works, MODERATION_WHEN_DOWN=');
});
