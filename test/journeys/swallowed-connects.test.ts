import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { acquaintance } from './raw-updates.ts';
import { callsOf, until, whileTimePasses } from './talk.ts';

/** How long the bot waits for a connection. */
const connectMs = 5_000;

test('a command that was just taken is answered, once, after connects were swallowed for 58 s', async () => {
  const clock = fakeClock();
  const sockets = new Set<Socket>();
  const connect = buildConnector({ allowH2: false });
  let swallows = false;
  let swallowed = 0;
  const dial: buildConnector.connector = (options, callback) => {
    if (!swallows) {
      return connect(options, (...made) => {
        const [, socket] = made;
        if (socket !== null) sockets.add(socket.once('close', () => sockets.delete(socket)));
        callback(...made);
      });
    }
    swallowed += 1;
    clock.schedule(connectMs, () => callback(new errors.ConnectTimeoutError('Connect Timeout Error'), null));
  };
  await using app = await openTestApp({ clock, network: { dial } });
  const ann = await acquaintance(app);

  // The menus that are published at the start need connections of their own until they are.
  let quiet = 0;
  let calls = 0;
  await whileTimePasses(
    clock,
    until(() => {
      quiet = app.telegram.calls.length === calls ? quiet + 1 : 0;
      calls = app.telegram.calls.length;
      return quiet === 50;
    }),
  );
  // Only the poll has a connection, whose answer brings the command.
  for (const socket of sockets) socket.destroy();
  const polls = callsOf(app, 'getUpdates').length;
  await whileTimePasses(
    clock,
    until(() => sockets.size === 1 && callsOf(app, 'getUpdates').length > polls),
  );
  // It closes with that answer, before anything else is asked over it: the listener comes after the one of the HTTP client.
  for (const socket of sockets) socket.once('readable', () => socket.destroy());
  swallows = true;
  const before = fromBot(ann.messages()).length;
  const isHelp = (message: Parameters<typeof wordsOf>[0]) => wordsOf(message).includes('/generate');
  ann.say('/help');
  await until(() => swallowed > 0);
  for (let passedMs = 0; passedMs < 58_000; passedMs += 1_000) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(fromBot(ann.messages())).toHaveLength(before);
  swallows = false;

  await whileTimePasses(
    clock,
    ann.waitFor((messages) => fromBot(messages).slice(before).some(isHelp)),
  );
  await whileTimePasses(
    clock,
    until(() => callsOf(app, 'getUpdates').at(-1)?.ok === undefined),
  );
  // The question for the language that follows a first greeting may have waited with it.
  expect(fromBot(ann.messages()).slice(before).filter(isHelp)).toHaveLength(1);
  expect(callsOf(app, 'sendMessage').filter(({ params }) => String(params['text']).includes('/generate'))).toHaveLength(
    1,
  );
});
