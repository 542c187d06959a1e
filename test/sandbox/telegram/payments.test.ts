import { expect, test } from 'vitest';
import { aTelegram, refusalOf } from './a-telegram.ts';

const price = (amount: number) => [{ label: 'Premium', amount }];

type Telegram = Awaited<ReturnType<typeof aTelegram>>;

const invoice = ({ api, ada }: Telegram, amount = 50) =>
  api.sendInvoice(ada.id, 'Premium', 'A month of it', 'order-1', 'XTR', price(amount));

/** Returns the pending updates with all fields; the clock advances so that no poll counts as hurried. */
async function updates({ api, clock }: Telegram) {
  await clock.advance(5000);
  return api.getUpdates({ offset: 0 });
}

test('a paid invoice sends the checkout, then the payment, and the payment once more a little later', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const { message_id: id, invoice: sent } = await invoice(telegram);
  expect(sent).toMatchObject({ title: 'Premium', currency: 'XTR', total_amount: 50 });
  expect(ada.messages().at(-1)).toMatchObject({ id, text: 'Premium\nA month of it\n⭐ 50', invoice: { amount: 50 } });
  const paying = ada.pay(id);
  const checkout = (await api.getUpdates()).at(-1);
  expect(checkout).toEqual({
    update_id: paying.updateId,
    pre_checkout_query: {
      id: expect.stringMatching(/^\d+$/),
      from: expect.objectContaining({ id: ada.id }),
      currency: 'XTR',
      total_amount: 50,
      invoice_payload: 'order-1',
    },
  });
  expect(await api.answerPreCheckoutQuery(checkout?.pre_checkout_query?.id ?? '', true)).toBe(true);
  const outcome = await paying.outcome;
  if (outcome.kind !== 'paid') throw new Error(`The payment is ${outcome.kind}`);
  const [delivered] = await api.getUpdates({ offset: paying.updateId + 1 });
  expect(delivered?.message).toMatchObject({
    message_id: outcome.messageId,
    successful_payment: {
      currency: 'XTR',
      total_amount: 50,
      invoice_payload: 'order-1',
      telegram_payment_charge_id: outcome.chargeId,
    },
  });
  expect(delivered?.message?.successful_payment).not.toHaveProperty('is_recurring');
  await clock.advance(1000);
  expect(await api.getUpdates({ offset: (delivered?.update_id ?? 0) + 1 })).toEqual([delivered]);
  expect(await api.getMyStarBalance()).toEqual({ amount: 50 });
});

test('a payment fails when the bot declines it, and when it does not answer within ten seconds', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const { message_id: id } = await invoice(telegram);
  const declined = ada.pay(id);
  const queryId = async () => (await updates(telegram)).at(-1)?.pre_checkout_query?.id ?? '';
  const first = await queryId();
  expect(await refusalOf(api.answerPreCheckoutQuery(first, false, { error_message: '' }))).toContain('error_message');
  await api.answerPreCheckoutQuery(first, false, { error_message: 'Sold out' });
  expect(await declined.outcome).toEqual({ kind: 'declined', words: 'Sold out' });
  const late = ada.pay(id);
  const second = await queryId();
  await clock.advance(5000);
  expect(await late.outcome).toEqual({ kind: 'expired' });
  expect(await refusalOf(api.answerPreCheckoutQuery(second, true))).toContain('400 Bad Request: query is too old');
  expect(await api.getMyStarBalance()).toEqual({ amount: 0 });
  expect(ada.messages()).toHaveLength(2);
});

test('a subscription is sold by a link only, for thirty days and 10,000 Stars at most', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const link = (amount: number, period: number) =>
    api.createInvoiceLink('Premium', 'Each month', 'sub-1', '', 'XTR', price(amount), { subscription_period: period });
  expect(await refusalOf(link(50, 2_592_001))).toBe('400 Bad Request: SUBSCRIPTION_PERIOD_INVALID');
  expect(await refusalOf(link(10_001, 2_592_000))).toBe('400 Bad Request: CURRENCY_TOTAL_AMOUNT_INVALID');
  const url = await link(10_000, 2_592_000);
  expect(url).toMatch(/^https:\/\/t\.me\/\$[\w-]+$/);
  const paying = ada.pay(url);
  await api.answerPreCheckoutQuery((await updates(telegram)).at(-1)?.pre_checkout_query?.id ?? '', true);
  expect((await paying.outcome).kind).toBe('paid');
  const payment = (await updates(telegram)).at(-1)?.message?.successful_payment;
  expect(payment).toMatchObject({ is_recurring: true, is_first_recurring: true });
  expect(payment?.subscription_expiration_date).toBe(Math.floor(clock.now() / 1000) - 5 + 2_592_000);
  expect(() => ada.pay('https://t.me/$other')).toThrow('it is no invoice link of this bot');
});

test('a payment is refunded once, to the person who paid', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  const ben = sandbox.person({ id: 502, firstName: 'Ben' });
  const paying = ada.pay((await invoice(telegram)).message_id);
  await api.answerPreCheckoutQuery((await updates(telegram)).at(-1)?.pre_checkout_query?.id ?? '', true);
  const outcome = await paying.outcome;
  const chargeId = outcome.kind === 'paid' ? outcome.chargeId : '';
  expect(await refusalOf(api.refundStarPayment(ben.id, chargeId))).toBe('400 Bad Request: CHARGE_ID_INVALID');
  expect(await api.refundStarPayment(ada.id, chargeId)).toBe(true);
  expect(await refusalOf(api.refundStarPayment(ada.id, chargeId))).toBe('400 Bad Request: CHARGE_ALREADY_REFUNDED');
  expect((await updates(telegram)).some(({ message }) => message?.refunded_payment?.total_amount === 50)).toBe(true);
  const { transactions } = await api.getStarTransactions();
  expect(transactions.map(({ id, amount, source, receiver }) => [id, amount, source?.type, receiver?.type])).toEqual([
    [chargeId, 50, 'user', undefined],
    [chargeId, 50, undefined, 'user'],
  ]);
  expect((await api.getStarTransactions({ offset: 1, limit: 1 })).transactions).toEqual(transactions.slice(1));
  expect(await refusalOf(api.getStarTransactions({ limit: 101 }))).toContain('400');
  expect(await api.getMyStarBalance()).toEqual({ amount: 0 });
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['PAYMENT_PROVIDER_INVALID', { currency: 'EUR' }],
  ['STARS_INVOICE_INVALID', { provider_token: 'x' }],
  ['STARS_INVOICE_INVALID', { prices: [...price(1), ...price(2)] }],
  ['STARS_INVOICE_INVALID', { prices: [] }],
  ['CURRENCY_TOTAL_AMOUNT_INVALID', { prices: price(0) }],
  ["can't parse labeled price", { prices: price(1.5) }],
  ['INVOICE_PAYLOAD_INVALID', { payload: 'é'.repeat(65) }],
  ['PRODUCT_TITLE_INVALID', { title: 'x'.repeat(33) }],
  ['PRODUCT_DESCRIPTION_INVALID', { description: 'x'.repeat(256) }],
  ['parameter "payload" is required', { payload: '' }],
  ['REPLY_MARKUP_BUY_EMPTY', { reply_markup: { inline_keyboard: [[{ text: 'No', callback_data: 'n' }]] } }],
])('an invoice is refused with %s', async (words, wrong) => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const right = { chat_id: ada.id, title: 'T', description: 'D', payload: 'p', currency: 'XTR', prices: price(1) };
  expect(await refusalOf(api.raw.sendInvoice({ ...right, ...wrong }))).toContain(`400 Bad Request: ${words}`);
});

test('an invoice takes other buttons behind its pay button, and nothing but its buttons can be edited', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const keyboard = {
    inline_keyboard: [[{ text: 'Pay ⭐', pay: true as const }], [{ text: 'No', callback_data: 'n' }]],
  };
  const { message_id: id } = await api.sendInvoice(ada.id, 'T', 'D', 'p', 'XTR', price(1), { reply_markup: keyboard });
  expect(
    ada
      .messages()
      .at(-1)
      ?.buttons.flat()
      .map(({ text }) => text),
  ).toEqual(['Pay ⭐', 'No']);
  expect(await refusalOf(api.editMessageText(ada.id, id, 'x'))).toContain('there is no text in the message to edit');
  const photo = { type: 'photo', media: 'x' } as const;
  expect(await refusalOf(api.editMessageMedia(ada.id, id, photo))).toContain("message can't be edited");
  expect(await refusalOf(api.editMessageReplyMarkup(ada.id, id, { reply_markup: keyboard }))).toContain('not modified');
  expect(await api.editMessageReplyMarkup(ada.id, id)).toMatchObject({ message_id: id, invoice: { title: 'T' } });
});

test('a draft is shown in private chats only and leaves no message', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  const shown: unknown[] = [];
  using _listening = sandbox.onChange((change) => void shown.push(change));
  const group = sandbox.group({ id: -42, title: 'Friends' });
  expect(await api.sendMessageDraft(ada.id, 7, 'It was <b>dark</b>', { parse_mode: 'HTML' })).toBe(true);
  expect(await api.sendMessageDraft(ada.id, 7, '')).toBe(true);
  expect(await refusalOf(api.sendMessageDraft(group.id, 7, 'x'))).toContain('TEXTDRAFT_PEER_INVALID');
  expect(await refusalOf(api.sendMessageDraft(ada.id, 0, 'x'))).toContain('must be non-zero');
  expect(await refusalOf(api.sendMessageDraft(ada.id, 7, 'x'.repeat(4097)))).toContain('message is too long');
  expect(shown).toEqual([
    { kind: 'draft', chatId: ada.id, draftId: 7, text: 'It was dark' },
    { kind: 'draft', chatId: ada.id, draftId: 7, text: '' },
  ]);
  expect(ada.messages()).toHaveLength(1);
});

test('a method that is not supported returns what an unknown method returns', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  expect(await refusalOf(api.sendPaidMedia(ada.id, 5, []))).toBe('404 Not Found');
});
