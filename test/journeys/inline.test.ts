import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, count, press, runs, troubles, until, untilIdle } from './talk.ts';

test('inline mode offers one’s own pictures by their ids, page by page, and a button to make the words', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '50', FREE_IMAGES_PER_DAY: '50' } });
  const [person, other] = [app.person(7), app.person(8)];
  await answerTo(person, '/generate a grey fox');
  await answerTo(person, '/generate Red fox');
  await answerTo(other, '/generate a red hen');
  await until(() => count(app, 'job.delivered') === 3);
  await untilIdle(app);
  // Twenty more red foxes, as if they had been made earlier.
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { timeout: 2_000 });
  for (let number = 1; number <= 20; number += 1) {
    database.exec(`INSERT INTO past_requests (job_id, user_id, kind, prompt, ended, model, sent_files, asked_at_ms)
      SELECT 'tg-old-${number}', user_id, kind, 'Red fox ${number}', ended, model, sent_files, asked_at_ms
      FROM past_requests WHERE prompt = 'Red fox'`);
  }

  const all = await person.typeInline('');
  expect(all?.results).toHaveLength(20);
  expect(all).toMatchObject({ isPersonal: true, button: { text: '✨ Make something new' } });
  const rest = await person.typeInline('', all?.nextOffset);
  expect(rest?.results).toHaveLength(2);
  expect(rest?.nextOffset).toBe('');
  const ids = [...(all?.results ?? []), ...(rest?.results ?? [])].map(({ id }) => id);
  expect(new Set(ids).size).toBe(22);

  const red = await person.typeInline('RED fox');
  expect(red?.results.map(({ title }) => title)).toEqual(
    Array.from({ length: 20 }, (_, index) => `Red fox ${20 - index}`),
  );
  // What somebody chooses is posted in their name, and asks nothing of the bot.
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [chosen] = red?.results ?? [];
  for (const place of [{}, { in: group }]) person.sendInline(chosen?.fileId ?? '', place);
  await until(() => app.events.filter(({ event }) => event === 'update.ignored').length === 2);
  expect(person.messages(group)).toMatchObject([{ from: 'person', photo: { fileId: chosen?.fileId } }]);
  // The button leads to the private chat, where one more press makes it.
  const start = `/start ${red?.button?.parameter}`;
  const asked = await answerTo(person, start);
  expect(wordsOf(asked)).toContain('RED fox');
  const before = runs(app).length;
  expect(await press(person, asked.id, '🎨 Draw it')).toBe('On it!');
  await until(() => runs(app).length > before);
  expect(runs(app).at(-1)?.prompt).toBe('RED fox');
  // Words that fit into no link are kept for their person, and for nobody else.
  const long = `a very long sentence about ${'many '.repeat(20)}foxes`;
  const longer = await person.typeInline(long);
  expect(wordsOf(await answerTo(other, `/start ${longer?.button?.parameter}`))).toContain('no longer know which words');
  expect(wordsOf(await answerTo(person, `/start ${longer?.button?.parameter}`))).toContain('foxes');

  // Ids that Telegram no longer knows spoil nothing but themselves.
  app.telegram.forgetFileIds();
  expect(await person.typeInline('fox')).toMatchObject({ results: [], button: { text: '✨ Make this now' } });
  expect(callsOf(app, 'getUpdates')[0]?.params['allowed_updates']).toContain('inline_query');
  expect(fromBot(other.messages()).length).toBeGreaterThan(0);
  expect(troubles(app).filter((one) => !one.startsWith('answerInlineQuery'))).toEqual([]);
});
