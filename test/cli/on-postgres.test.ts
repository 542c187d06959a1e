import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instantResults } from '../../simulator/instant-results.ts';
import { openCore } from '../../src/app/open-core.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { aCommandLine, type CommandLine } from './command-line.ts';

type Answer = readonly [code: number, says: string];

const neverRan: Answer = [2, 'the bot has never run with this DATABASE_URL; start it once, or set DATABASE_URL to'];
const noHistory: Answer = [0, 'The bot has never run with this DATABASE_URL: keys as configured, without history'];
const lastFigures: Answer = [0, 'The bot is not running: these are the last stored figures'];
const atNextStart: Answer = [0, 'the bot is not running, it'];
const noBot: Answer = [2, 'no bot runs with this DATABASE_URL'];
const nothingAnswers: Answer = [1, 'Nothing answers on http://127.0.0.1:'];
const noFile: Answer = [1, 'There is nothing to move: the bot has never run with DATA_DIR'];

const twice = (answer: Answer) => [answer, answer] as const;
/** What each command answers with an empty database, and once the bot has run on it. */
const answers: Readonly<Record<string, readonly [empty: Answer, ran: Answer]>> = {
  'keys list': [noHistory, lastFigures],
  'keys stats': [noHistory, lastFigures],
  'keys report': [noHistory, lastFigures],
  'keys test': twice([1, 'cannot connect']),
  'keys monitor': twice([0, 'bytez #1: ready']),
  'keys wake --all': [neverRan, atNextStart],
  'keys disable 1': [neverRan, atNextStart],
  'keys enable 1': [neverRan, atNextStart],
  'keys add bytez': [neverRan, [2, 'MASTER_KEY']],
  'keys set 1 --label mine': [neverRan, atNextStart],
  'keys remove 1': [neverRan, [2, 'it stands in BYTEZ_API_KEYS']],
  reload: twice(noBot),
  'database set-aside': twice([1, 'ALTER SCHEMA darkroom RENAME TO darkroom_aside_20260101120000']),
  doctor: [
    [0, 'schema: there is none yet'],
    [0, 'every credit agrees'],
  ],
  'backup x': twice([1, 'pg_dump --host']),
  'restore x': twice([1, 'pg_restore --host']),
  processes: twice([1, 'No process runs']),
  alerts: twice([0, 'The bot is not running: nothing is known of alerts']),
  'jobs list': twice([0, 'There is no job yet']),
  'jobs show x': [
    [1, neverRan[1]],
    [1, 'There is no job "x"'],
  ],
  'jobs cancel x': [neverRan, atNextStart],
  explain: [
    [1, neverRan[1]],
    [0, 'There is no job yet'],
  ],
  'people show 5': twice([0, '5: free lane, 0 open jobs']),
  'people blocks': twice([0, 'No person or group is blocked']),
  'people block 5': [neverRan, atNextStart],
  'people unblock 5': [neverRan, atNextStart],
  'health check': twice(nothingAnswers),
  'health summary': twice([0, 'the bot is not running']),
  'health monitor': twice([0, 'bytez #1: ready']),
  costs: twice([0, 'Nothing was spent']),
  'payments list': twice([0, 'There are no payments']),
  'clients add one': twice([0, 'The client one was added']),
  'clients list': twice([0, 'everything']),
  'clients remove one': twice([0, 'The client one was removed']),
  'webhooks list': [neverRan, [0, 'Nothing was told']],
  'webhooks replay': [neverRan, [0, '0 messages are told again']],
  'token rotate': twice([0, 'No bot runs here; the next start uses it']),
  'move --to postgres': twice(noFile),
};

/** They need no database, run the bot itself, or are looked at by a test of their own. */
const others = ['start', 'init', 'demo', 'sandbox', 'simulate', 'completion'];

function onDatabase(cli: CommandLine, url: string): void {
  Object.assign(cli.env, {
    DATABASE_URL: url,
    BYTEZ_BASE_URL: 'http://127.0.0.1:9/models/v2',
    HTTP_PORT: '9',
    API_CLIENTS_FILE: join(cli.dataDir, 'clients.yaml'),
    ADMIN_TOKEN_FILE: join(cli.dataDir, 'token'),
    KEYS_TEST_ON_START: 'off',
  });
}

async function runBotOnce({ env }: CommandLine): Promise<void> {
  const made = { config: parseConfig(env), keys: readKeys(env).keys, parts: { results: instantResults() } };
  await using core = await openCore({ ...made, clock: systemClock, random: () => 0.5, emit: () => undefined });
  core.start();
}

/** Files of SQLite, but the one by which a process owns the folder: `move` takes it while it looks there. */
function databasesIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => {
    const path = join(folder, name);
    if (name === 'owner.lock.db' || !statSync(path).isFile()) return false;
    return name.endsWith('.db') || readFileSync(path).subarray(0, 15).toString() === 'SQLite format 3';
  });
}

/** Runs the command; one that goes on until Ctrl-C is stopped after its first words. */
async function run(cli: CommandLine, words: string): Promise<Answer> {
  const stop = new AbortController();
  const isEndless = words.endsWith('monitor');
  const { code, out, err } = await cli.run(words, {
    ...(isEndless ? { stop: stop.signal, onWrite: () => stop.abort() } : {}),
    input: ['sk-a-key-that-opens-nothing'],
  });
  return [code, out + err];
}

test('every command of the command line is in the table, or needs no database', async () => {
  using cli = aCommandLine();
  const { out } = await cli.run('completion bash');
  const paths = [...out.matchAll(/^ {4}'?([a-z -]*)'?\) words=/gm)].map(([, path = '']) => path.trim());
  const leaves = paths.filter((path) => path !== '' && !paths.some((other) => other.startsWith(`${path} `)));
  const known = [...Object.keys(answers), ...others];
  expect(leaves.length).toBeGreaterThan(30);
  expect(leaves.filter((leaf) => !known.some((words) => words === leaf || words.startsWith(`${leaf} `)))).toEqual([]);
});

test.skipIf(!hasPostgres).each([
  { what: 'an empty database', hasRun: false },
  { what: 'a database on which the bot has run', hasRun: true },
])('with DATABASE_URL every command speaks of $what, and makes no file of SQLite', async ({ hasRun }) => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  onDatabase(cli, own.url.reveal());
  if (hasRun) await runBotOnce(cli);
  const wrong: object[] = [];
  for (const [words, [empty, ran]] of Object.entries(answers)) {
    const [code, says] = hasRun ? ran : empty;
    const [itsCode, said] = await run(cli, words);
    const files = databasesIn(cli.dataDir);
    if (itsCode !== code || !said.includes(says) || files.length > 0) wrong.push({ words, itsCode, said, files });
  }
  expect(wrong).toEqual([]);
});

test.skipIf(!hasPostgres)('webhooks list shows what is in PostgreSQL, and replay tells it again', async () => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  onDatabase(cli, own.url.reveal());
  await using storage = await openPostgres({ url: own.url, version: 'test' });
  await storage.database.commit(() =>
    storage.database.run(
      `INSERT INTO webhook_outbox (id, target, type, body, state, tries, created_at_ms, due_at_ms, give_up_at_ms, ended_at_ms, problem)
       VALUES ('msg_1', 'jobs', 'job.failed', '{}', 'failed', 20, 1, 1, 1, 1, 'HTTP 500')`,
    ),
  );
  expect((await cli.run('webhooks list --state failed')).out).toMatch(/msg_1 +jobs +job.failed +failed +20 +HTTP 500/);
  expect((await cli.run('webhooks replay')).out).toBe('1 message is told again, as soon as the bot runs.\n');
  const { out } = await cli.run('webhooks list --state waiting --json');
  expect(JSON.parse(out)).toMatchObject({ webhooks: [{ id: 'msg_1', tries: 0, dueAtMs: cli.clock.now() }] });
});
