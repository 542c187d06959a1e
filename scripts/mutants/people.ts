import { mutant } from './mutant.ts';

const rows = 'test/storage/stores/people.test.ts';
const keys = 'test/journeys/keys-in-chat.test.ts';
const links = 'test/bot/people/start-links.test.ts';
const data = 'test/journeys/own-data.test.ts';
const access = 'test/journeys/private-bot.test.ts';
const everybody = 'test/journeys/broadcasts.test.ts';

/** What admins do in the chat, who may use the bot, and what people are given. */
export const peopleMutants = [
  mutant(
    'a key that is handed over in the chat is kept with its update',
    "typedFields.has(name) && typeof value === 'string' ? masked(withoutHanded(value), known) : value,",
    "typedFields.has(name) && typeof value === 'string' ? masked(value, own) : value,",
    keys,
  ),
  mutant(
    'a key shown to a group is used',
    "if (ctx.chat?.type !== 'private') return answer({ kind: 'in-group' }, await deleteMessage(ctx));",
    '',
    keys,
  ),
  mutant(
    'a person is thanked for again with each new update',
    "const kept = 'INSERT INTO referrals (user_id, by_id, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';",
    "const kept = 'INSERT OR REPLACE INTO referrals (user_id, by_id, at_ms) VALUES (?, ?, ?)';",
    rows,
    data,
  ),
  mutant('people are thanked for bringing themselves', 'if (userId === byId || results <= 0) return false;', '', rows),
  mutant(
    'a message that was on its way when the process ended is sent again',
    "database.run(`UPDATE broadcast_people SET state = 'unsure' WHERE state = 'sending'`);",
    "database.run(`UPDATE broadcast_people SET state = 'waiting' WHERE state = 'sending'`);",
    rows,
  ),
  mutant(
    'a stopped message to everybody goes on',
    "const isOn = `EXISTS (SELECT 1 FROM broadcasts WHERE broadcasts.id = broadcast_id AND state = 'sending')`;",
    "const isOn = `EXISTS (SELECT 1 FROM broadcasts WHERE broadcasts.id = broadcast_id AND state <> 'draft')`;",
    everybody,
  ),
  mutant(
    'who asked is let in before an admin answers',
    "return mode === 'request' && (await access.find(id))?.state === 'allowed';",
    "return mode === 'request' && (await access.find(id))?.state !== 'refused';",
    access,
  ),
  mutant(
    'a link repeats the request of another person',
    'if (found === undefined || found.job.origin.userId !== userId) return next();',
    'if (found === undefined) return next();',
    data,
  ),
  mutant(
    'a link with broken words is taken',
    "return words === '' || words.includes('\\uFFFD') ? undefined :",
    'return',
    links,
  ),
  mutant(
    'a message to everybody is sent by a process that lost the role',
    "if (this.#options.mayTell?.() === false) return 'done';",
    '',
    'test/bot/people/people-parts.test.ts',
  ),
];
