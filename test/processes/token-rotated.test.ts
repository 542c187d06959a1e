import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../journeys/talk.ts';
import { run, source } from '../support/child-process.ts';
import { testKey } from '../support/test-app.ts';
import { startProcess, type StartedProcess } from './started-process.ts';

const first = 'the-first-admin-token-0123456789abcd';

async function addressOf(process: StartedProcess): Promise<string> {
  const ready = () => process.log.find(({ event }) => event === 'app.ready');
  await until(() => ready() !== undefined);
  return new URL(String(ready()?.['health'])).origin;
}

const statusWith = async (url: string, headers: Readonly<Record<string, string>>) =>
  (await fetch(`${url}/api/keys/status`, { headers })).status;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The cookie of a dashboard that has signed in, as its own page sends it. */
async function session(url: string): Promise<Record<string, string>> {
  const headers = { origin: url };
  const answered = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams({ token: first }),
  });
  const [cookie = ''] = (answered.headers.get('set-cookie') ?? '').split(';');
  return { cookie, 'sec-fetch-site': 'same-origin' };
}

test('darkroom token rotate: the running bot takes the new token, and all that the old one opened ends at once (H20)', async () => {
  await using process = await startProcess(1, { BYTEZ_API_KEY: testKey(1), ADMIN_TOKEN: first });
  const url = await addressOf(process);
  const cookie = await session(url);
  expect([await statusWith(url, bearer(first)), await statusWith(url, cookie)]).toEqual([200, 200]);
  const stream = await fetch(`${url}/api/events`, { headers: bearer(first) });
  const ended = stream.text().then(
    () => 'ended',
    () => 'ended',
  );
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: bearer(first) });
  const closed = once(socket, 'close');
  await once(socket, 'open');

  const { code, out, err } = await run([join(source, 'main.ts'), 'token', 'rotate', '--json'], { cwd: process.folder });
  expect([code, err]).toEqual([0, '']);
  const said = JSON.parse(out) as { token: string };
  expect(said).toMatchObject({ writtenTo: '.env', bot: 'taken' });
  expect(await ended).toBe('ended');
  await closed;
  expect([await statusWith(url, bearer(first)), await statusWith(url, cookie)]).toEqual([401, 401]);
  expect(await statusWith(url, bearer(said.token))).toBe(200);
  const audit = await fetch(`${url}/api/audit?count=1`, { headers: bearer(said.token) });
  expect(await audit.json()).toMatchObject({ entries: [{ by: 'command line', action: 'renew-token' }] });
  process.signal('SIGTERM');
  expect(await process.exited).toBe(0);
  expect(readFileSync(join(process.folder, '.env'), 'utf8')).toContain(`ADMIN_TOKEN=${said.token}\n`);
  for (const token of [first, said.token]) expect(process.printed()).not.toContain(token);
});

test('a file of the token that somebody else changes is taken over within seconds, without a command', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-token-'));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const file = join(folder, 'token');
  writeFileSync(file, `${first}\n`, { mode: 0o600 });
  await using process = await startProcess(1, { BYTEZ_API_KEY: testKey(1), ADMIN_TOKEN_FILE: file });
  const url = await addressOf(process);
  expect(await statusWith(url, bearer(first))).toBe(200);
  const second = `${first}-second`;
  writeFileSync(file, `${second}\n`);
  await until(() => process.log.some(({ text }) => String(text).startsWith('ADMIN_TOKEN is a new one')));
  expect(await statusWith(url, bearer(first))).toBe(401);
  expect(await statusWith(url, bearer(second))).toBe(200);
});
