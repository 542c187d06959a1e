import { expect, test } from 'vitest';
import { answerTo } from './talk.ts';
import { fromBot, openTestApp } from '../support/test-app.ts';
import { acquaintance, messageOf } from './raw-updates.ts';
import { openTelegramProxy } from './telegram-proxy.ts';

const depth = 20_000;
const deep = `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`;

const help = (updateId: number, rest = '') =>
  `{"update_id":${updateId}${rest},"message":${JSON.stringify(messageOf(7, { text: '/help' }))}}`;

test.each([
  ['beside others', [help(1), help(2, `,"deep":${deep}`), help(3)], 2],
  ['alone', [help(2, `,"deep":${deep}`)], 0],
  ['at the end', [help(1), help(2, `,"deep":${deep}`)], 1],
])(
  'an update nested so deep that it cannot be kept, %s, is set aside by its id, and all others are answered (B5)',
  async (_where, updates, answers) => {
    await using telegram = await openTelegramProxy();
    await using app = await openTestApp({ apiRoot: telegram.apiRoot });
    const person = await acquaintance(app);
    telegram.next('getUpdates', { body: `{"ok":true,"result":[${updates.join(',')}]}` });
    // Ends the poll that is under way.
    await answerTo(person, '/help');
    await app.event('update.failed');
    await person.waitFor((seen) => fromBot(seen).length === 2 + answers);
    await answerTo(person, '/help');
    expect(app.events.filter(({ event }) => event === 'update.failed')).toMatchObject([
      { updateId: 2, setAside: true },
    ]);
    expect(app.events.filter(({ event }) => event === 'telegram.error')).toEqual([]);
  },
);
