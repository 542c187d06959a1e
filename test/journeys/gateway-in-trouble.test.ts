import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import OpenAI, { APIError } from 'openai';
import { expect, test } from 'vitest';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { testKey } from '../support/test-app.ts';
import { clientToken, hashOf, openGatewayStage } from './gateway-stage.ts';

const hello = { messages: [{ role: 'user', content: 'hello there' }] };
const otherToken = 'dk_canary-token-of-another-client-012345678';

const overloaded = jsonReply(503, { error: { message: 'The server is overloaded', type: 'server_error', code: null } });
const limited = (afterS: number) =>
  jsonReply(
    429,
    { error: { message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' } },
    { 'retry-after': String(afterS) },
  );
const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const opening = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })}\n\n`;
const stream = (pieces: readonly string[], isCut = false) => ({
  kind: 'stream' as const,
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  pieces,
  isCut,
});

async function refusalOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof APIError)) throw new Error(`Cannot read a refusal: ${String(error)}`);
  const { status, code, param, type } = error as APIError<number>;
  return { status, code, param, type, retryAfter: (error as APIError<number, Headers>).headers.get('retry-after') };
}

test('the gateway takes tokens of clients alone, and the admin API none of theirs (H1, H20)', async () => {
  await using stage = await openGatewayStage({ clients: [{ name: 'other', token_sha256: hashOf(otherToken) }] });
  const { app, base } = stage;
  const statusOf = async (path: string, token: string) =>
    (await fetch(`${app.app.httpUrl}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  const admin = 'canary-token-of-the-admin-0123456789';
  expect(await statusOf('/v1/models', clientToken)).toBe(200);
  expect(await statusOf('/v1/models', otherToken)).toBe(200);
  expect(await statusOf('/v1/models', admin)).toBe(401);
  expect(await statusOf('/api/keys/status', admin)).toBe(200);
  expect(await statusOf('/api/keys/status', clientToken)).toBe(401);
  expect((await fetch(`${base}/models?token=${clientToken}`)).status).toBe(401);
  const stranger = new OpenAI({ apiKey: `${clientToken}x`, baseURL: base, maxRetries: 0, fetch: stage.fetch });
  expect(await refusalOf(stranger.chat.completions.create({ model: 'auto', messages: [] }))).toMatchObject({
    status: 401,
    code: 'invalid_api_key',
    type: 'authentication_error',
  });
});

test('a client that is added to the file may ask, and one that is removed may not any more', async () => {
  const clock = fakeClock();
  await using stage = await openGatewayStage({ clock });
  const asOther = () => fetch(`${stage.base}/models`, { headers: { authorization: `Bearer ${otherToken}` } });
  expect((await asOther()).status).toBe(401);
  const taken = (clients: number) => stage.app.event('clients.reloaded', (event) => event.clients === clients);
  stage.write([stage.own, { name: 'other', token_sha256: hashOf(otherToken), lane: 'premium' }]);
  await passTime(clock, taken(2));
  expect((await asOther()).status).toBe(200);
  stage.write([stage.own, { name: 'other', token_sha256: 'of nobody' }]);
  await passTime(
    clock,
    stage.app.event('config.warning', ({ text }) => text.includes('The clients stay as they were, because')),
  );
  expect((await asOther()).status).toBe(200);
  stage.write([stage.own]);
  await passTime(clock, taken(1));
  expect((await asOther()).status).toBe(401);
});

test.each([
  ['no JSON', '{"messages":', { code: 'invalid_json', param: null }],
  ['no object', '[]', { code: 'invalid_json', param: null }],
  ['nested deeply', `{"messages":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, { code: 'invalid_json', param: null }],
  ['no messages', '{}', { code: 'invalid_value', param: 'messages' }],
  ['messages that are none', '{"messages":[{"role":5}]}', { param: 'messages.0.role' }],
  ['options of a stream that is none', { ...hello, stream_options: {} }, { param: 'stream_options' }],
  ['a prototype', '{"__proto__":{"messages":[]}}', { param: 'messages' }],
])('a body with %s is refused in OpenAI’s words (H11)', async (_what, body, error) => {
  await using stage = await openGatewayStage();
  const answer = await stage.ask('/chat/completions', body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    error: { ...error, type: 'invalid_request_error', message: expect.any(String) },
  });
  expect(stage.openai.calls).toEqual([]);
});

test('routes, methods, lengths and encodings that are not taken are refused in OpenAI’s words (H7, H17, H18)', async () => {
  await using stage = await openGatewayStage({ limits: { kinds: ['chat', 'edit'] } });
  const { ask, base } = stage;
  const told = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error: { code: string } }).error.code,
  ];
  expect(await told(await ask('/nothing', hello))).toEqual([404, 'unknown_url']);
  expect(await told(await ask('/chat/completions', undefined, { method: 'GET', body: null }))).toEqual([
    404,
    'unknown_url',
  ]);
  expect(await told(await ask('/chat%2Fcompletions', hello))).toEqual([404, 'unknown_url']);
  expect(await told(await ask('/audio/speech', { input: 'hi', voice: 'coral' }))).toEqual([403, 'kind_not_allowed']);
  expect(await told(await ask('/chat/completions', { ...hello, model: 'gpt-none' }))).toEqual([404, 'model_not_found']);
  const headers = { authorization: `Bearer ${clientToken}`, 'content-type': 'application/json' };
  const packed = await stage.fetch(`${base}/chat/completions`, {
    method: 'POST',
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: 'x',
  });
  expect(await told(packed)).toEqual([415, 'unsupported_encoding']);
  const half = new Uint8Array(11 * 1024 * 1024);
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(half),
  });
  const tooMuch = fetch(`${base}/images/edits`, {
    method: 'POST',
    headers,
    body: endless,
    duplex: 'half',
  });
  expect(await told(await tooMuch)).toEqual([413, 'request_too_large']);
});

test('a stream that has not begun goes on with another key and another provider; the caller sees one answer', async () => {
  await using stage = await openGatewayStage({ openaiAccounts: [{}, { isSpent: true }] });
  stage.openai.setFaults([
    {
      route: 'chat',
      times: 1,
      reply: stream([opening, `data: ${JSON.stringify({ error: { message: 'overloaded', code: 503 } })}\n\n`]),
    },
    { route: 'chat', reply: overloaded },
  ]);
  const { data, response } = await stage.client.chat.completions
    .create({ model: 'auto', messages: [{ role: 'user', content: 'hello there' }], stream: true })
    .withResponse();
  let text = '';
  for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
  expect(response.headers.get('x-darkroom-provider')).toBe('bytez');
  expect(Number(response.headers.get('x-darkroom-attempts'))).toBeGreaterThan(1);
});

test('a stream that has begun is never switched to another provider: it ends with an error', async () => {
  await using stage = await openGatewayStage();
  stage.openai.setFaults([{ route: 'chat', reply: stream([chunk('Once upon '), chunk('a time')], true) }]);
  const answer = await stage.client.chat.completions.create({
    model: 'auto',
    messages: [{ role: 'user', content: 'a story' }],
    stream: true,
  });
  let text = '';
  const read = async () => {
    for await (const { choices } of answer) text += choices[0]?.delta.content ?? '';
  };
  await expect(read()).rejects.toThrow('The provider broke off');
  expect(text).toBe('Once upon a time');
  expect(stage.openai.calls.filter(({ route }) => route === 'chat')).toHaveLength(1);
  expect(stage.app.bytez.calls.filter(({ route }) => route === 'run')).toEqual([]);
});

test('when the caller hangs up the provider’s call is broken off and its key is free', async () => {
  await using stage = await openGatewayStage();
  const pieces = (async function* () {
    yield chunk('Once');
    await new Promise(() => undefined);
  })();
  stage.openai.setFaults([{ route: 'chat', times: 1, reply: { ...stream([]), pieces } }]);
  const patience = new AbortController();
  const answer = await stage.ask('/chat/completions', { ...hello, stream: true }, { signal: patience.signal });
  await answer.body?.getReader().read();
  patience.abort();
  await stage.app.event('job.cancelled');
  expect(stage.app.app.core.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
  expect(stage.app.events.filter(({ event }) => event === 'key.changed' || event === 'attempt.failed')).toEqual([]);
});

test('a client over its rate is told when it may ask again, and may then', async () => {
  const clock = fakeClock();
  await using stage = await openGatewayStage({ clock, limits: { rate_per_minute: 2 } });
  const ask = () => stage.ask('/chat/completions', hello);
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
  const third = await ask();
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '30']);
  expect(await third.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' } });
  await clock.advance(30_000);
  expect((await ask()).status).toBe(200);
});

test('a client whose budget of the day is spent is told when the next day begins; others go on', async () => {
  const clock = fakeClock();
  const other = { name: 'other', token_sha256: hashOf(otherToken) };
  await using stage = await openGatewayStage({ clock, limits: { budget_per_day: 0.01 }, clients: [other] });
  // A picture costs 1,056 tokens at 30 dollars a million.
  const picture = () => stage.ask('/images/generations', { prompt: 'a red fox' });
  expect((await picture()).status).toBe(200);
  const refused = await picture();
  const untilMidnightS = 86_400 - Math.floor((clock.now() % 86_400_000) / 1_000);
  expect(refused.status).toBe(429);
  expect(Math.abs(Number(refused.headers.get('retry-after')) - untilMidnightS)).toBeLessThanOrEqual(1);
  expect(await refused.json()).toMatchObject({ error: { type: 'insufficient_quota', code: 'budget_exceeded' } });
  const elses = new OpenAI({ apiKey: otherToken, baseURL: stage.base, maxRetries: 0, fetch: stage.fetch });
  expect((await elses.images.generate({ prompt: 'a red fox' })).data).toHaveLength(1);
});

test('where no key is free in time the answer is 503 with the time at which one is', async () => {
  const clock = fakeClock();
  await using stage = await openGatewayStage({ clock, env: { CHAT_CHAIN: 'openai:gpt-6-luna' } });
  stage.openai.setFaults([{ route: 'chat', times: 1, reply: limited(120) }]);
  const refused = await stage.ask('/chat/completions', hello);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '120']);
  expect(await refused.json()).toMatchObject({ error: { code: 'no_key_available' } });
  const [key] = stage.app.app.core.pool.snapshot('openai').keys;
  expect(key?.state).toMatchObject({ kind: 'cooling', untilMs: clock.now() + 120_000 });
  await clock.advance(120_000);
  expect((await stage.ask('/chat/completions', hello)).status).toBe(200);
});

test('a shorter wait is waited for, and the caller sees the answer alone', async () => {
  const clock = fakeClock();
  await using stage = await openGatewayStage({ clock, env: { CHAT_CHAIN: 'openai:gpt-6-luna' } });
  stage.openai.setFaults([{ route: 'chat', times: 1, reply: limited(20) }]);
  const answer = await passTime(clock, stage.ask('/chat/completions', hello));
  expect([answer.status, answer.headers.get('x-darkroom-attempts')]).toEqual([200, '2']);
});

test('what the provider finds wrong with a request is told with its words, and no key suffers', async () => {
  await using stage = await openGatewayStage();
  const answer = await stage.ask('/chat/completions', { ...hello, model: 'gpt-6-luna', logit_bias: { 1: 2 } });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    error: { message: expect.stringContaining("Unknown parameter: 'logit_bias'") },
  });
  expect(stage.app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

test('people and programs share one seat: a client with many calls does not keep a person waiting', async () => {
  await using stage = await openGatewayStage({
    accounts: [[]],
    latencyMs: 20,
    env: { CHAT_CHAIN: 'bytez:Qwen/Qwen3-4B', IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0' },
  });
  const calls = Array.from({ length: 12 }, (_, index) =>
    stage.ask('/images/generations', { prompt: `call ${index}` }).then((answer) => answer.status),
  );
  while (stage.app.bytez.calls.length === 0) await setImmediate();
  const person = stage.app.person(7);
  person.say('/generate a fox');
  await person.waitFor(hasPicture);
  expect(await Promise.all(calls)).toEqual(calls.map(() => 200));
  const order = stage.app.bytez.calls.flatMap((call) => ('prompt' in call ? [call.prompt] : []));
  expect(order.indexOf('a fox')).toBeGreaterThanOrEqual(0);
  expect(order.indexOf('a fox')).toBeLessThan(6);
});

test('a call whose process stops is answered 503 with a time, and nothing of it stays', async () => {
  await using stage = await openGatewayStage();
  stage.openai.setFaults([{ route: 'chat', reply: { kind: 'hang' } }]);
  const asked = stage.ask('/chat/completions', hello);
  await stage.app.event('attempt.started');
  const [answer] = await Promise.all([asked, stage.app.restart()]);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await answer.json()).toMatchObject({ error: { code: 'restarting' } });
});

test('a body that comes too slowly keeps nobody else waiting (H10)', async () => {
  await using stage = await openGatewayStage();
  const { port } = new URL(stage.base);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${clientToken}\r\nContent-Length: 100\r\n\r\n{`,
  );
  expect((await stage.ask('/chat/completions', hello)).status).toBe(200);
  socket.destroy();
  expect((await stage.ask('/chat/completions', hello)).status).toBe(200);
});

test('tokens of clients and what they say are in no log and on no disk', async () => {
  await using stage = await openGatewayStage();
  const said = 'the canary sings of xylophones';
  await stage.ask('/chat/completions', { messages: [{ role: 'user', content: said }] });
  await stage.ask('/images/generations', { prompt: said });
  await stage.ask('/chat/completions', { messages: [{ role: 'user', content: said }], logit_bias: { 1: 2 } });
  await stage.app.restart();
  const heard = [{ where: 'events', text: JSON.stringify(stage.app.events) }, ...filesIn(stage.app.dataDir)];
  expect(secretsFound(heard, [clientToken, said, testKey(1)])).toEqual([]);
});
