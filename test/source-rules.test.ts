import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../src/observability/redaction/redactor.ts';
import { sources } from './support/source-patterns.ts';
import { testToken } from './support/test-app.ts';

const source = join(import.meta.dirname, '../src');

/** What can open a connection to somebody else. */
const clients: Readonly<Record<string, RegExp>> = {
  fetch: /(?<![.#\w])fetch\(|globalThis\.fetch/,
  undici: /from '(?:undici|axios|got|ky|node-fetch|ofetch)'/,
  'http.request': /\bhttps?2?\.(?:request|get|connect)\(|\{[^}]*\brequest\b[^}]*\} from 'node:https?'/,
  sockets: /from 'node:(?:tls|dgram|http2)'|\b(?:net|tls)\.connect\(|createConnection\(|new Socket\(|new WebSocket\(/,
  names: /from 'node:dns(?:\/promises)?'/,
  telegram: /new (?:Api|Bot)(?:<[^>]*>)?\(/,
};

/** The only ones, and why. */
const known: Readonly<Record<string, readonly string[]>> = {
  /** Providers. */
  'providers/http/http-exchange.ts': ['undici'],
  /** Every connection that goes out, and the request to a proxy. */
  'media/connector.ts': ['undici', 'names'],
  'kit/network/connect.ts': ['http.request'],
  /** Telegram, and the files that people send there. */
  'bot/open-bot.ts': ['undici'],
  'bot/outbox/bot-api.ts': ['undici'],
  'bot/outbox/own-transport.ts': ['undici'],
  'bot/outbox/telegram-files.ts': ['undici'],
  /** Results, behind the guard of addresses. */
  'media/open-result.ts': ['undici'],
  'media/result-store.ts': ['undici'],
};

type Client = { readonly file: string; readonly client: string };

function clientsOf(file: string, text: string): readonly Client[] {
  return Object.entries(clients).flatMap(([client, pattern]) => (pattern.test(text) ? [{ file, client }] : []));
}

function clientsInside(): readonly Client[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .flatMap((file) => clientsOf(file, readFileSync(join(source, file), 'utf8')));
}

/** The sandbox stands in for the others and calls only what a developer names; the bot's client belongs to grammY. */
function isElsewhere({ file, client }: Client): boolean {
  return file.startsWith('sandbox/') || client === 'telegram';
}

test('nothing in the source opens a connection but the client of the providers and the guarded one of results (S1)', () => {
  const strangers = clientsInside().filter(
    (client) => !isElsewhere(client) && known[client.file]?.includes(client.client) !== true,
  );
  expect(strangers).toEqual([]);
});

test('the client of Telegram is made in the composition root and the bot alone (S1)', () => {
  const makers = clientsInside().filter(({ file, client }) => client === 'telegram' && !file.startsWith('sandbox/'));
  expect(makers.map(({ file }) => file).filter((file) => file !== 'app.ts' && !file.startsWith('bot/'))).toEqual([]);
  expect(makers.length).toBeGreaterThan(0);
});

test('every known client exists (S1)', () => {
  const seen = clientsInside();
  for (const [file, names] of Object.entries(known)) {
    for (const client of names) expect(seen).toContainEqual({ file, client });
  }
});

test.each([
  ['await fetch(url)', 'fetch'],
  ['globalThis.fetch', 'fetch'],
  ["import { request } from 'undici';", 'undici'],
  ["import axios from 'axios';", 'undici'],
  ['https.request({})', 'http.request'],
  ["import { createServer, request } from 'node:http';", 'http.request'],
  ["import { connect } from 'node:tls';", 'sockets'],
  ['net.connect(80)', 'sockets'],
  ['new WebSocket(url)', 'sockets'],
  ["import { lookup } from 'node:dns/promises';", 'names'],
  ['new Bot<Context>(token)', 'telegram'],
])('the reader of clients sees %s (S1)', (text, client) => {
  expect(clientsOf('a.ts', text)).toEqual([{ file: 'a.ts', client }]);
});

test.each(['this.#fetch(claim)', 'keeper.fetch(a)', "import { createServer } from 'node:http';", 'fetches += 1'])(
  'the reader of clients passes over %s (S1)',
  (text) => {
    expect(clientsOf('a.ts', text)).toEqual([]);
  },
);

test('nothing in the source turns the checks of certificates off (S27)', () => {
  const switches = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .filter((file) =>
      /rejectUnauthorized: (?!true)|NODE_TLS_REJECT|checkServerIdentity|minVersion/.test(
        readFileSync(join(source, file), 'utf8'),
      ),
    );
  expect(switches).toEqual([]);
});

test('nothing in the bot prints past the log (K11)', () => {
  const printers = sources()
    .filter(({ name }) => name.endsWith('.ts'))
    .filter(({ text }) => /\bconsole\./.test(text))
    .map(({ name }) => name);
  expect(printers).toEqual([]);
});

test('only one file makes the link to a file of Telegram, which holds the token, and nobody is given it (K14)', () => {
  const asking = sources().filter(({ name, text }) => !name.startsWith('sandbox') && /getFile|\/file\/bot/.test(text));
  expect(asking.map(({ name }) => name)).toEqual(['bot/outbox/telegram-files.ts']);
  const link = `https://api.telegram.org/file/bot${testToken}/photos/1.jpg`;
  expect(createRedactor([]).redact(link)).toBe('https://api.telegram.org/file/bot[redacted]/photos/1.jpg');
});

test('no store makes a statement or calls a store function without running it', () => {
  const stores = sources().filter(({ name }) => name.startsWith('storage/stores/'));
  const names = new Set(
    stores.flatMap(({ text }) => [...text.matchAll(/^(?:export )?function\* (\w+)/gm)].map(([, name]) => name)),
  );
  const calls = new RegExp(
    `(\\S+)\\s+(?:(?:this\\.#)?database\\.(?:get|all|run|lock)|${[...names].join('|')})\\(`,
    'g',
  );
  const isRun = (before: string | undefined) => /^(?:\S*yield\*|=>|function\*|return|\S*await)$/.test(before ?? '');
  const idle = stores.flatMap(({ name, text }) =>
    [...text.matchAll(calls)].filter(([, before]) => !isRun(before)).map(([call]) => `${name}: ${call}`),
  );
  expect(idle).toEqual([]);
});

test('every folder is made by makeFolder(): one with all its parents at once never comes to an end below /proc', () => {
  const makers = sources().filter(({ text }) => /\bmkdir(?:Sync)?\(/.test(text));
  expect(makers.map(({ name }) => name)).toEqual(['kit/files.ts']);
});
