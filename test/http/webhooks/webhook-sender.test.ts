import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { StoredWebhook, WebhookOutbox } from '../../../src/domain/gateway/webhook-outbox.ts';
import { type WebhookAnswer, WebhookSender } from '../../../src/http/webhooks/webhook-sender.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { fakeClock } from '../../support/fake-clock.ts';

/** What becomes of one message whose receiver answers this. */
async function toldWith(answer: WebhookAnswer) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const message = { id: 'm1', target: 'jobs', type: 'job.succeeded', body: '{}', createdAtMs: clock.now() };
  let stored: StoredWebhook = { ...message, state: 'waiting', tries: 0, dueAtMs: clock.now(), giveUpAtMs: 0 };
  const change = async (more: Partial<StoredWebhook>) => void (stored = { ...stored, ...more });
  const told = Promise.withResolvers<void>();
  const end = (more: Partial<StoredWebhook>) => change(more).then(() => told.resolve());
  const outbox: WebhookOutbox = {
    add: (_message, giveUpAtMs) => change({ giveUpAtMs }),
    due: async (nowMs) => (stored.state === 'waiting' && stored.dueAtMs <= nowMs ? [stored] : []),
    delivered: () => end({ state: 'delivered' }),
    failed: (_id, problem) => end({ state: 'failed', problem }),
    postpone: (_id, problem, dueAtMs) => end({ problem, dueAtMs }),
    list: async () => [stored],
    replay: async () => 0,
    purge: async () => undefined,
  };
  const sender = new WebhookSender({
    outbox,
    targetOf: () => ({ address: new Secret('https://example.com/hook'), format: 'standard' }),
    signingKey: undefined,
    post: async () => answer,
    clock,
    random: () => 0.5,
    emit: (event) => void events.push(event),
  });
  await sender.send(message);
  await told.promise;
  await sender[Symbol.asyncDispose]();
  const { state, problem, dueAtMs } = stored;
  return { state, problem, inMs: dueAtMs - clock.now(), events: events.map(({ event }) => event) };
}

test('WebhookSender ends a message at 410, and obeys a stated wait that is longer than its own', async () => {
  expect(await toldWith({ kind: 'answered', status: 410 })).toMatchObject({
    state: 'failed',
    problem: 'HTTP 410',
    events: ['webhook.failed'],
  });
  expect(await toldWith({ kind: 'answered', status: 429, retryAfterMs: 120_000 })).toMatchObject({
    state: 'waiting',
    inMs: 120_000,
    events: [],
  });
  const soon = await toldWith({ kind: 'unanswered', why: 'timed out' });
  expect(soon).toMatchObject({ state: 'waiting', problem: 'timed out', events: [] });
  expect([soon.inMs > 0, soon.inMs <= 5_000]).toEqual([true, true]);
  expect(await toldWith({ kind: 'answered', status: 204 })).toMatchObject({ state: 'delivered', events: [] });
});
