import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@litehex/node-vault';
import { expect, test } from 'vitest';
import { openKeysElsewhere } from '../../../src/app/open-keys-elsewhere.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { KeySource } from '../../../src/keys/sources/key-source.ts';
import { type AskForKeys, askCommand, KeysElsewhere } from '../../../src/keys/sources/keys-elsewhere.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const [first, second] = ['canary-key-of-a-vault-1', 'canary-key-of-a-vault-2'];

function anElsewhere(ask: AskForKeys, everyMs = 60_000) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const providers = new Set(['bytez', 'openai']);
  const emit = (event: AppEvent) => void events.push(event);
  const elsewhere = new KeysElsewhere({ variable: 'KEYS_COMMAND', ask, providers, everyMs, clock, emit });
  const warnings = () => events.flatMap((event) => (event.event === 'config.warning' ? [event.text] : []));
  return { elsewhere, clock, warnings };
}

test('keys are asked for at the start and from time to time; a failure keeps what was known and is told once', async () => {
  const answers: Awaited<ReturnType<AskForKeys>>[] = [
    { ok: true, text: JSON.stringify({ bytez: [first] }) },
    { ok: false, why: 'it ended with code 1' },
    { ok: false, why: 'it ended with code 1' },
    { ok: true, text: 'not JSON' },
    { ok: true, text: JSON.stringify({ bytez: [first, second], nobody: ['x'] }) },
    { ok: false, why: 'it could not be run' },
  ];
  const { elsewhere, clock, warnings } = anElsewhere(async () => answers.shift() ?? { ok: false, why: 'over' });
  await using _ = elsewhere;
  await elsewhere.start();
  const source = new KeySource({ elsewhere });
  const keysNow = () => source.read({ HORDE_ANONYMOUS: 'off' }).keys.map(({ secret }) => secret.reveal());
  expect(keysNow()).toEqual([first]);
  for (let rounds = 0; rounds < 3; rounds += 1) await clock.advance(60_000);
  expect([keysNow(), source.hasChanged(), warnings()]).toEqual([
    [first],
    false,
    ['KEYS_COMMAND gives no keys: it ended with code 1; the keys that it gave before stay'],
  ]);
  await clock.advance(60_000);
  expect(source.hasChanged()).toBe(true);
  expect([keysNow(), source.hasChanged()]).toEqual([[first, second], false]);
  await clock.advance(60_000);
  expect(warnings().slice(1)).toEqual([
    'KEYS_COMMAND entry 2 must be named after a provider or provider:model; it is skipped',
    'KEYS_COMMAND gives no keys: it could not be run; the keys that it gave before stay',
  ]);
  expect(JSON.stringify(warnings())).not.toContain('canary');
});

test.each([
  [`printf '{"bytez":["${first}"]}'`, { ok: true, text: JSON.stringify({ bytez: [first] }) }],
  [`echo ${first} >&2; exit 3`, { ok: false, why: 'it ended with code 3' }],
  ['no-such-program-of-a-vault', { ok: false, why: 'it ended with code 127' }],
])('askCommand() runs %s and shows no word of its errors', async (command, expected) => {
  expect(await askCommand(command)(new AbortController().signal)).toEqual(expected);
});

test('a command that hangs is killed at its deadline', async () => {
  const stopping = new AbortController();
  const asked = askCommand('sleep 60')(stopping.signal);
  stopping.abort();
  expect(await asked).toEqual({ ok: false, why: 'it did not end in time' });
});

/** What stands around every answer. */
const envelope = {
  request_id: '3b9f2f0e-1c1d-4e5a-9b57-6d1b7f0f8a01',
  lease_id: '',
  renewable: false,
  lease_duration: 0,
  wrap_info: null,
  warnings: null,
  auth: null,
  mount_type: 'kv',
} as const;

/** A stand-in for Vault that answers nothing but what the documentation of KV version 2 and AppRole says. */
async function aVault() {
  const data: Record<string, unknown> = { bytez: first, 'openai:gpt-x': [second] };
  let tokens: string[] = [];
  let logins = 0;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const send = (status: number, value: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      const token = String(request.headers['x-vault-token'] ?? '');
      if (request.method === 'POST' && request.url === '/v1/auth/approle/login') {
        const { role_id: role, secret_id: secret } = JSON.parse(body) as Record<string, string>;
        if (role !== 'the-role' || secret !== 'the-secret-id')
          return send(400, { errors: ['invalid role or secret ID'] });
        logins += 1;
        tokens.push(`hvs.token-${logins}`);
        return send(200, {
          ...envelope,
          auth: { client_token: `hvs.token-${logins}`, lease_duration: 3600, renewable: true },
        });
      }
      if (token !== 'hvs.root' && !tokens.includes(token)) return send(403, { errors: ['permission denied'] });
      if (request.method === 'GET' && request.url === '/v1/secret/data/team/darkroom') {
        const notes = { custom_metadata: { owner: 'the team', 'openai:gpt-x_ends': '2027-01-01' } };
        const metadata = {
          created_time: '2026-11-01T08:00:00.000000Z',
          deletion_time: '',
          destroyed: false,
          version: 3,
        };
        return send(200, { ...envelope, data: { data, metadata: { ...metadata, ...notes } } });
      }
      return send(404, { errors: [] });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    expireTokens: () => (tokens = []),
    logins: () => logins,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a foreign client agrees with the stand-in for Vault', async () => {
  await using vault = await aVault();
  const client = new Client({ endpoint: vault.url });
  const data = { role_id: 'the-role', secret_id: 'the-secret-id' };
  const login = await client.write({ path: 'auth/approle/login', data });
  const { auth } = (login.data ?? {}) as { readonly auth?: { readonly client_token: string } };
  const signedIn = new Client({ endpoint: vault.url, token: auth?.client_token ?? '' });
  // Its own reader of this engine takes nothing but strings as values.
  const secret = await signedIn.read({ path: 'secret/data/team/darkroom' });
  expect(secret.data).toMatchObject({ data: { data: { bytez: first, 'openai:gpt-x': [second] } } });
});

const role = { VAULT_ROLE_ID: 'the-role', VAULT_SECRET_ID: 'the-secret-id' };

test.each([
  ['a token', { VAULT_TOKEN: 'hvs.root' }],
  ['an AppRole', role],
])('Vault is asked with %s', async (_how, login) => {
  await using vault = await aVault();
  const config = parseConfig({ VAULT_ADDR: vault.url, VAULT_PATH: 'secret/team/darkroom', ...login });
  const events: AppEvent[] = [];
  await using elsewhere = openKeysElsewhere(config, { clock: systemClock, emit: (event) => void events.push(event) });
  await elsewhere?.start();
  const { keys } = new KeySource({ elsewhere }).read({ HORDE_ANONYMOUS: 'off' });
  expect(keys.map(({ provider, secret, onlyModel, endsOn }) => [provider, secret.reveal(), onlyModel, endsOn])).toEqual(
    [
      ['bytez', first, undefined, undefined],
      ['openai', second, 'gpt-x', '2027-01-01'],
    ],
  );
  expect(events).toEqual([]);
  vault.expireTokens();
  await elsewhere?.refresh();
  expect([events, vault.logins()]).toEqual([[], 'VAULT_TOKEN' in login ? 0 : 2]);
});

test.each([
  [
    'a wrong AppRole',
    { ...role, VAULT_SECRET_ID: 'wrong' },
    'secret/team/darkroom',
    'Vault refuses the AppRole (HTTP 400)',
  ],
  ['a wrong token', { VAULT_TOKEN: 'hvs.wrong' }, 'secret/team/darkroom', 'Vault answers HTTP 403'],
  ['a path that there is not', { VAULT_TOKEN: 'hvs.root' }, 'secret/other', 'Vault answers HTTP 404'],
])('%s is told without the secret', async (_what, login, path, why) => {
  await using vault = await aVault();
  const events: AppEvent[] = [];
  const config = parseConfig({ VAULT_ADDR: vault.url, VAULT_PATH: path, ...login });
  await using elsewhere = openKeysElsewhere(config, { clock: systemClock, emit: (event) => void events.push(event) });
  await elsewhere?.start();
  expect(events).toEqual([
    { event: 'config.warning', text: `VAULT_ADDR gives no keys: ${why}; the keys that it gave before stay` },
  ]);
});

test('an address of Vault without what goes with it is a mistake of the environment', () => {
  expect(() => parseConfig({ VAULT_ADDR: 'http://127.0.0.1:8200' })).toThrow(
    /VAULT_PATH is required with VAULT_ADDR[^]*VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID/,
  );
});
