import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { pictures } from './talk.ts';
import { ask } from '../http/test-server.ts';

test('the bot makes pictures while its HTTP server is hammered with nonsense (H22)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const server = { url: app.app.httpUrl, [Symbol.asyncDispose]: async () => undefined };
  const nonsense = ['GET /keys', 'BREW /', `GET /${'%'.repeat(5_000)}`, 'CONNECT x:1', 'POST /readyz'];
  const hammering = Promise.all(Array.from({ length: 60 }, (_, index) => ask(server, nonsense[index % 5] ?? '')));
  person.say('/generate a fox');
  await pictures(person);
  const statuses = new Set((await hammering).map(({ status }) => status));
  expect([...statuses].filter((status) => status < 400 && status !== 0)).toEqual([]);
});
