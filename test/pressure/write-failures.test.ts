import { expect, test, vi } from 'vitest';
import { answerTo, pictures, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { canBePressed, openPressedApp, type PressedApp, pressures } from './app-under-pressure.ts';

const ready = (app: PressedApp, status: number) =>
  vi.waitUntil(async () => (await app.readiness()) === status, { interval: 50, timeout: 60_000 });

test.for(pressures.filter(canBePressed))(
  '%s: the bot refuses kindly, keeps what it took, and goes on by itself (Q5)',
  async (pressure) => {
    await using app = await openPressedApp(pressure);
    const [ann, ben, cleo] = [app.person(7), app.person(8), app.person(9)];
    const hold = app.bytez.hold();
    await answerTo(ann, '/generate for Ann');
    await until(() => runs(app).length === 1);
    await answerTo(ben, '/generate for Ben');
    await ready(app, 200);

    await app.refuse();
    expect(wordsOf(await answerTo(cleo, '/generate for Cleo'))).toContain('I can’t take anything new right now');
    expect(wordsOf(await answerTo(cleo, '/help'))).toContain('/generate');
    hold.release();
    await ready(app, 503);
    await until(() => app.events.some(({ event }) => event === 'attempt.succeeded'));
    await app.allow();

    await Promise.all([pictures(ann), pictures(ben)]);
    await ready(app, 200);
    await answerTo(cleo, '/generate for Cleo at last');
    await pictures(cleo);
    expect([ann, ben, cleo].map((person) => picturesOf(person).map((one) => wordsOf(one).split('\n')[0]))).toEqual([
      ['for Ann'],
      ['for Ben'],
      ['for Cleo at last'],
    ]);
    expect(fromBot(ann.messages())).toHaveLength(1);
    expect(runs(app).map(({ prompt }) => prompt)).toEqual(['for Ann', 'for Ben', 'for Cleo at last']);
    const told = app.events.filter(({ event }) => event.startsWith('storage.'));
    expect(told.map(({ event }) => event)).toEqual(['storage.unavailable', 'storage.recovered']);
    expect(troubles(app)).toEqual([]);
  },
);

test('who cannot be told that the disk refuses, because the chat is closed, is served when both are over', async () => {
  await using app = await openPressedApp('database read-only');
  const [ann, ben] = [app.person(7), app.person(8)];
  await answerTo(ann, '/help');
  await app.refuse();
  const closed = app.telegram.addFault({
    chatId: ann.id,
    method: /^send/,
    do: { kind: 'refuse', code: 400, says: 'Bad Request: not enough rights to send text messages to the chat' },
  });
  ann.say('/generate for Ann');
  await until(() => app.telegram.calls.some(({ params, ok }) => params['chat_id'] === ann.id && ok === false));
  expect(wordsOf(await answerTo(ben, '/generate for Ben'))).toContain('I can’t take anything new right now');
  closed[Symbol.dispose]();
  await app.allow();
  await pictures(ann);
  expect(picturesOf(ann).map((one) => wordsOf(one).split('\n')[0])).toEqual(['for Ann']);
});
