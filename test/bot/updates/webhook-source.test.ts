import type { Bot } from 'grammy';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import type { UpdateSink } from '../../../src/bot/updates/update-source.ts';
import { WebhookSource } from '../../../src/bot/updates/webhook-source.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const url = 'https://bot.example.com/telegram/updates';

/** A source whose Telegram says that this webhook is set, and whose sink takes so many of each batch. */
function aSource(sink: Partial<UpdateSink> = {}) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const telegram = { url: '', calls: [] as string[] };
  const api = {
    getWebhookInfo: async () => {
      telegram.calls.push('getWebhookInfo');
      return { url: telegram.url };
    },
    setWebhook: async (set: string, more: { secret_token: string }) => {
      telegram.calls.push(`setWebhook ${more.secret_token}`);
      telegram.url = set;
      return true;
    },
  };
  const source = new WebhookSource({
    bot: { api } as unknown as Bot<BotContext>,
    webhook: { url, secret: new Secret('a-word-of-the-webhook') },
    clock,
    random: () => 0.5,
    emit: (event) => void events.push(event),
  });
  const stop = new AbortController();
  const whole: UpdateSink = { capacity: async () => undefined, take: async (batch) => batch.length, ...sink };
  const deliver = () => {
    source.listen(whole, stop.signal);
    return source.deliver(whole, stop.signal);
  };
  return { source, clock, events, telegram, stop, deliver };
}

test('WebhookSource sets its webhook at the start, and again when somebody has removed it', async () => {
  const { clock, telegram, stop, deliver } = aSource();
  const delivering = deliver();
  await clock.advance(60_000);
  telegram.url = '';
  await clock.advance(60_000);
  await clock.advance(60_000);
  stop.abort(new Error('stopped'));
  await delivering;
  const set = 'setWebhook a-word-of-the-webhook';
  expect(telegram.calls).toEqual([set, 'getWebhookInfo', 'getWebhookInfo', set, 'getWebhookInfo']);
});

test('WebhookSource takes an update only while it delivers, and says so only when it is durable', async () => {
  const taken: number[] = [1, 0];
  const { source, stop, deliver } = aSource({ take: async () => taken.shift() ?? Promise.reject(new Error('broken')) });
  const update = { update_id: 1 };
  expect(await source.accept(update)).toBe(false);
  const delivering = deliver();
  expect([await source.accept(update), await source.accept(update), await source.accept(update)]).toEqual([
    true,
    false,
    false,
  ]);
  stop.abort(new Error('stopped'));
  await delivering;
  expect(await source.accept(update)).toBe(false);
});
