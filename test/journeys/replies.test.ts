import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, runs, troubles } from './talk.ts';

const prompts = (app: Parameters<typeof runs>[0]) => runs(app).map(({ prompt }) => prompt);

async function aPicture(person: Person, words: string): Promise<number> {
  const count = (await pictures(person, 0)).length;
  person.say(words);
  return (await pictures(person, count + 1)).at(-1)?.id ?? 0;
}

test('a person who answers a picture with new words gets one from the old words and the new', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const fox = await aPicture(person, '/generate a red fox --seed 5');
  const said = person.say('at night, under the stars', { replyTo: fox });
  const [, second] = await pictures(person, 2);
  expect(second).toMatchObject({ replyTo: said });
  expect(wordsOf(second).split('\n')[0]).toBe('a red fox, at night, under the stars');
  expect(runs(app).map(({ prompt, params }) => [prompt, params])).toEqual([
    ['a red fox', { seed: 5 }],
    ['a red fox, at night, under the stars', { seed: 5 }],
  ]);
  person.say('asleep', { replyTo: second?.id ?? 0 });
  await pictures(person, 3);
  expect(prompts(app).at(-1)).toBe('a red fox, at night, under the stars, asleep');
  expect(troubles(app)).toEqual([]);
});

test('a person who answers a picture with options alone gets the same words in another shape', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const fox = await aPicture(person, '/generate a red fox --seed 5 --aspect 1:1');
  person.say('—aspect 9:16', { replyTo: fox });
  await pictures(person, 2);
  expect(runs(app).at(-1)).toMatchObject({ prompt: 'a red fox', params: { seed: 5, width: 576, height: 1_024 } });
});

test('a person who answers a video goes on with a video', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/video waves');
  const videos = await person.waitFor((seen) => seen.some(({ video }) => video !== undefined));
  person.say('at sunset', { replyTo: fromBot(videos)[0]?.id ?? 0 });
  await app.event('job.accepted', ({ jobId, kind }) => kind === 'video' && jobId !== videoJob(app));
  await person.waitFor((seen) => seen.filter(({ video }) => video !== undefined).length === 2);
  expect(prompts(app)).toEqual(['waves', 'waves, at sunset']);
});

function videoJob({ events }: { events: readonly { event: string }[] }): unknown {
  const first = events.find(({ event }) => event === 'job.accepted');
  return first !== undefined && 'jobId' in first ? first.jobId : undefined;
}

test('words with a mistake in reply to a picture are answered and start nothing', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const fox = await aPicture(person, '/generate a red fox');
  expect(wordsOf(await answerTo(person, 'at night --seed x', { replyTo: fox }))).toContain('can’t use x as a seed');
  expect(wordsOf(await answerTo(person, 'y'.repeat(4_090), { replyTo: fox }))).toContain('more text than I can take');
  expect(prompts(app)).toEqual(['a red fox']);
});

test('a command in reply to a picture is the command', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const fox = await aPicture(person, '/generate a red fox');
  expect(wordsOf(await answerTo(person, '/status', { replyTo: fox }))).toContain('Your requests');
  person.say('/generate a bear', { replyTo: fox });
  await pictures(person, 2);
  expect(prompts(app)).toEqual(['a red fox', 'a bear']);
});

test('words in reply to anything but a result are no request', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'refused' }, when: { times: 1 } }]] });
  const person = app.person(7);
  person.say('/generate something forbidden');
  const seen = await person.waitFor((messages) => wordsOf(fromBot(messages).at(-1)).startsWith('🙅'));
  expect(wordsOf(await answerTo(person, 'and a hat', { replyTo: fromBot(seen)[0]?.id ?? 0 }))).toContain(
    'Shall I make something of this?',
  );
  const help = await answerTo(person, '/help');
  expect(wordsOf(await answerTo(person, 'thank you', { replyTo: help.id }))).toContain(
    'Shall I make something of this?',
  );
  expect(runs(app)).toHaveLength(1);
});

test('in a group only the one whose picture it is goes on from it', async () => {
  await using app = await openTestApp();
  const [ann, ben] = [app.person(7), app.person(8)];
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  ann.say('/generate a red fox', { in: group });
  const [fox] = await pictures(ann, 1, group);
  const replyTo = fox?.id ?? 0;
  ben.say('with a hat', { in: group, replyTo });
  ann.say('at night', { in: group, replyTo });
  await pictures(ann, 2, group);
  expect(prompts(app)).toEqual(['a red fox', 'a red fox, at night']);
  expect(fromBot(ann.messages(group))).toHaveLength(2);
});
