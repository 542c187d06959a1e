import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { openWebhookAdmin } from '../../src/app/programs/open-webhooks.ts';
import { parseConfig } from '../../src/config/config.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { openTestApp } from '../support/test-app.ts';
import { clientToken, openGatewayStage } from './gateway-stage.ts';

const signingKey = `whsec_${randomBytes(32).toString('base64')}`;

type Told = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string };

/** A receiver that answers with these statuses, then with 204. */
async function aReceiver(statuses: readonly number[] = []) {
  const told: Told[] = [];
  const listeners = new Set<() => void>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      response.writeHead(statuses[told.length] ?? 204).end();
      told.push({ headers: request.headers, body, path: request.url ?? '' });
      for (const listener of listeners) listener();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/canary-path-of-a-webhook`,
    told,
    heard: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => void (told.length >= count && (listeners.delete(look), resolve()));
        listeners.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function verified({ headers, body }: Told): Record<string, unknown> {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return new Webhook(signingKey).verify(body, named) as Record<string, unknown>;
}

test('whoever is told how a job ended can verify it as Standard Webhooks says, and reads no words of a person', async () => {
  await using receiver = await aReceiver();
  await using app = await openTestApp({ env: { JOB_WEBHOOK_URL: receiver.url, WEBHOOK_SIGNING_KEY: signingKey } });
  const person = app.person(7);
  person.say('/generate a canary in a coal mine');
  await person.waitFor(hasPicture);
  await receiver.heard(1);
  const [told] = receiver.told;
  if (told === undefined) throw new Error('Nothing was told');
  expect(verified(told)).toMatchObject({
    type: 'job.succeeded',
    data: {
      jobId: expect.stringMatching(/^tg-/),
      kind: 'image',
      lane: 'free',
      mime: 'image/png',
      model: expect.any(String),
    },
  });
  expect(told.body).not.toContain('canary');
  expect(() => verified({ ...told, body: told.body.replace('image', 'video') })).toThrow('No matching signature');
});

test('a receiver that fails is told again with the same id and body, also by the next process', async () => {
  const clock = fakeClock();
  await using receiver = await aReceiver([500, 503]);
  await using app = await openTestApp({
    clock,
    env: { JOB_WEBHOOK_URL: receiver.url, WEBHOOK_SIGNING_KEY: signingKey },
  });
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, receiver.heard(1));
  await app.restart();
  await passTime(clock, receiver.heard(3));
  const ids = new Set(receiver.told.map(({ headers }) => headers['webhook-id']));
  expect([ids.size, new Set(receiver.told.map(({ body }) => body)).size]).toEqual([1, 1]);
  // The clock of the bot is ahead, so only the signatures are compared here.
  expect(new Set(receiver.told.map(({ headers }) => headers['webhook-signature'])).size).toBe(3);
});

test('a message is given up after a day and can be told again', async () => {
  const clock = fakeClock();
  await using receiver = await aReceiver(Array.from({ length: 100 }, () => 500));
  await using app = await openTestApp({
    clock,
    env: { JOB_WEBHOOK_URL: receiver.url, WEBHOOK_SIGNING_KEY: signingKey },
  });
  app.person(7).say('/generate a fox');
  await passTime(clock, receiver.heard(1));
  const given = app.event('webhook.failed');
  await passTime(clock, receiver.heard(9), { stepMs: 10_000 });
  // The rest of the day is skipped: a bot does something each second of it.
  clock.jump(86_400_000);
  await passTime(clock, given);
  expect(await given).toMatchObject({ target: 'jobs', type: 'job.succeeded', why: 'HTTP 500', tries: 10 });
  expect(receiver.told).toHaveLength(10);
  const before = receiver.told.length;
  using admin = await openWebhookAdmin(parseConfig({ DATA_DIR: app.dataDir }), clock);
  expect(await admin.list({ count: 5, state: 'failed' })).toMatchObject([{ target: 'jobs', problem: 'HTTP 500' }]);
  expect(await admin.replay('failed')).toBe(1);
  await passTime(clock, receiver.heard(before + 1));
  expect(receiver.told.at(-1)?.body).toBe(receiver.told[0]?.body);
});

test('an alert reaches its webhook in the format of the chat that reads it', async () => {
  await using receiver = await aReceiver();
  const env = { ALERT_WEBHOOK_URL: `slack+${receiver.url}` };
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }]], env });
  app.person(7).say('/generate a fox');
  await receiver.heard(1);
  const { text } = JSON.parse(receiver.told[0]?.body ?? '{}') as { text: string };
  expect(text).toContain('bytez');
  expect(receiver.told[0]?.headers['webhook-signature']).toBeUndefined();
});

test('a client is told how its own calls end, at its own address', async () => {
  await using receiver = await aReceiver();
  await using stage = await openGatewayStage({
    limits: { webhook: receiver.url },
    env: { WEBHOOK_SIGNING_KEY: signingKey },
  });
  await stage.ask('/chat/completions', { messages: [{ role: 'user', content: 'hello there' }] });
  await receiver.heard(1);
  const [told] = receiver.told;
  expect(told && verified(told)).toMatchObject({ type: 'job.succeeded', data: { client: 'tests', kind: 'chat' } });
});

test('the addresses and the signing key are in no log and on no disk (S30)', async () => {
  await using receiver = await aReceiver([500]);
  await using app = await openTestApp({ env: { JOB_WEBHOOK_URL: receiver.url, WEBHOOK_SIGNING_KEY: signingKey } });
  app.person(7).say('/generate a fox');
  await receiver.heard(1);
  await app.restart();
  const heard = [{ where: 'events', text: JSON.stringify(app.events) }, ...filesIn(app.dataDir)];
  expect(secretsFound(heard, ['canary-path-of-a-webhook', signingKey.slice(6), clientToken])).toEqual([]);
});
