import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, runs, troubles } from './talk.ts';

test('a person reads what is kept, gets it as a file, and finds the operator’s lines where they look for them', async () => {
  await using app = await openTestApp({
    env: {
      RETENTION_DAYS: '14',
      CONTACT: 'help@example.com',
      RULES_URL: 'https://example.com/rules',
      STARS_PACKS: '20:50',
    },
  });
  const [person, admin] = [app.person(7), app.person(adminId)];
  person.say('/generate a red fox --seed 7');
  const [picture] = await pictures(person);
  await app.event('job.delivered');
  expect(wordsOf(await answerTo(person, '/privacy', { replyTo: picture?.id ?? 0 }))).toMatch(/^🗓 This result is of /);
  const privacy = await answerTo(person, '/privacy');
  expect(wordsOf(privacy)).toContain('deleted 14 days after');
  expect(wordsOf(privacy)).toContain('bytez');
  expect(wordsOf(privacy)).toContain('Your history remembers the words');
  expect(wordsOf(privacy)).not.toContain('🗓');
  for (const command of ['/privacy', '/help', '/terms']) {
    const told = await answerTo(person, command);
    expect(wordsOf(told)).toContain('✉️ Contact: help@example.com');
    expect(told.buttons.flat()).toContainEqual(expect.objectContaining({ url: 'https://example.com/rules' }));
  }
  person.say('/export');
  const seen = await person.waitFor((messages) => messages.some(({ document }) => document !== undefined));
  const file = seen.find(({ document }) => document !== undefined)?.document;
  const data = JSON.parse(Buffer.from(file?.bytes ?? []).toString('utf8')) as Record<string, unknown>;
  expect(data).toMatchObject({
    profile: { id: 7, telegramLanguage: 'en' },
    requests: [{ kind: 'image', words: 'a red fox', options: { seed: 7 }, outcome: 'result' }],
    history: [{ kind: 'image', words: 'a red fox', ended: 'result', isFavourite: false }],
    payments: [],
  });
  expect(wordsOf(await answerTo(person, '/export'))).toContain('less than an hour ago');
  expect(fromBot(admin.messages())).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a link behind /start offers its words, repeats only one’s own request, and thanks who shared it once', async () => {
  await using app = await openTestApp({ env: { REFERRAL_RESULTS: '5' } });
  const [person, friend] = [app.person(7), app.person(8)];
  const invitation = wordsOf(await answerTo(person, '/invite'));
  const link = /https:\/\/t\.me\/darkroom_sandbox_bot\?start=(\S+)/.exec(invitation)?.[1] ?? '';
  expect(wordsOf(await answerTo(person, `/start ${link}`))).toContain('Person 7');
  friend.say(`/start ${link}`);
  friend.say(`/start ${link}`);
  await person.waitFor((messages) => fromBot(messages, ({ text }) => text.includes('came by your link')).length === 1);
  await friend.waitFor((messages) => fromBot(messages).length === 2);
  expect(wordsOf(await answerTo(person, '/status'))).toContain('5');
  expect(fromBot(person.messages(), ({ text }) => text.includes('came by your link'))).toHaveLength(1);
  expect(wordsOf(await answerTo(friend, '/start settings'))).toBe(wordsOf(await answerTo(friend, '/settings')));
  expect(wordsOf(await answerTo(friend, '/start forget'))).toContain('Person 8');
  const words = Buffer.from('a red fox', 'utf8').toString('base64url');
  const offer = await answerTo(friend, `/start gen_${words}`);
  expect(wordsOf(offer)).toContain('a red fox');
  expect(runs(app)).toEqual([]);
  await press(friend, offer.id, offer.buttons[0]?.[0]?.text ?? '');
  const [picture] = await pictures(friend);
  expect(wordsOf(picture)).toContain('a red fox');
  const { job } = (await app.app.admin.jobs.list({ userId: 8, count: 1 }))[0] ?? {};
  expect(wordsOf(await answerTo(person, `/start again_${job?.id}`))).toContain('Person 7');
  friend.say(`/start again_${job?.id}`);
  await pictures(friend, 2);
  expect(runs(app)).toHaveLength(2);
  expect(wordsOf(await answerTo(friend, '/start nonsense'))).toContain('Person 8');
  expect(troubles(app)).toEqual([]);
});
