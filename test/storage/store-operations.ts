import { type JobId, jobId, keyId } from '../../src/domain/ids.ts';
import type { Outcome } from '../../src/domain/job.ts';
import type { JobLease } from '../../src/domain/job-engine.ts';
import type { Lane } from '../../src/domain/kinds.ts';
import type { Charge } from '../../src/domain/payments/payment.ts';
import { payloadFor } from '../../src/domain/payments/price-list.ts';
import type { RecipientEnding } from '../../src/domain/people/broadcasts.ts';
import type { Database } from '../../src/storage/database.ts';
import { checkLedger, undeliveredResults } from '../../src/storage/stores/checks.ts';
import type { Stores } from '../../src/storage/stores/create-stores.ts';
import { countCopies } from '../../src/storage/stores/jobs/result-copies.ts';
import { createPersonalData } from '../../src/storage/stores/personal-data.ts';
import { aTrail } from '../conformance/call-promises.ts';
import { aRequest } from '../conformance/requests.ts';

/** What an operation may be given; each takes what it needs of it. */
export type Given = {
  readonly id: number;
  readonly other: number;
  readonly text: string;
  readonly word: string;
  readonly ms: number;
  readonly later: number;
  readonly count: number;
  readonly isSo: boolean;
};

/** The stores of one engine, and the lease of the job that was claimed last. */
export type Played = Stores & { readonly database: Database; readonly held: { lease?: JobLease } };

export type Operation = (stores: Played, given: Given) => Promise<unknown>;

const jobOf = ({ count }: Given): JobId => jobId(`tg-${count}`);
const endings: readonly RecipientEnding[] = ['sent', 'closed', 'unsure', 'failed', 'left-out'];
const lanes: readonly Lane[] = ['free', 'premium'];
const file = { path: 'results/a.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;

function outcomeOf({ count, text }: Given): Outcome {
  if (count === 1) return { kind: 'failed', code: 'busy' };
  if (count === 2) return { kind: 'result', payload: { kind: 'text', text }, model: 'fox' };
  return { kind: 'result', payload: { kind: 'file', file }, model: text };
}

function chargeOf({ id, count, ms, text, isSo }: Given): Charge {
  const payload = isSo ? payloadFor({ kind: 'pack', results: 3, stars: 10 }, 'n') : text;
  return { chargeId: `charge-${count}`, userId: id, stars: count, payload, atMs: ms };
}

/** Everything that the stores do for people. An order that is not promised is made one, by `unordered`. */
export const operations: Readonly<Record<string, Operation>> = {
  'find a user': ({ users }, { id }) => users.find(id),
  'set a language': ({ users }, { id, word }) => users.setLocale(id, word),
  'set models': ({ users }, { id, text, isSo }) => users.setModels(id, isSo ? { image: text } : {}),
  'set preferences': ({ users }, { id, isSo }) => users.setPreferences(id, isSo ? { quiet: true } : {}),
  'hear a language': ({ users }, { id, word }) => users.hear(id, word),
  'who was heard': async ({ users }) => unordered(await users.heard()),
  'forget what was heard': ({ users }, { id }) => users.unhear(id),
  'give premium': ({ users }, { id, count, ms, word }) =>
    users.addPremium(id, count, ms, word === '' ? undefined : word),
  'count what was used': ({ users }, { id, ms }) => users.usedToday(id, 'image', ms),

  'find a chat': ({ chats }, { id }) => chats.find(id),
  'close a chat': ({ chats }, { id, ms }) => chats.close(id, ms),
  'open a chat': ({ chats }, { id }) => chats.open(id),
  'move a group': ({ chats }, { id, other }) => chats.move(-Math.abs(id), other),
  'limit a chat': ({ chats }, { id, count, later }) => chats.limit(id, `topic ${count}`, later),
  'limits of a chat': async ({ chats }, { id, ms }) => unordered([...(await chats.limits(id, ms))]),
  'lift a limit': ({ chats }, { id, count, isSo }) => chats.lift(id, isSo ? undefined : `topic ${count}`),
  'begin a conversation': ({ chats }, { id, other, ms }) => chats.startConversation(id, other, ms),
  'set a group': ({ groups }, { id, word, isSo }) => groups.set(id, isSo ? { locale: word, who: 'admins' } : {}),
  'find a group': ({ groups }, { id }) => groups.find(id),

  'write a dialogue': ({ dialogues }, { word, text, ms }) => dialogues.write(word, text, ms),
  'read a dialogue': ({ dialogues }, { word }) => dialogues.read(word),
  'purge dialogues': ({ dialogues }, { later }) => dialogues.purge(later),
  rest: ({ rests }, { id, ms, later }) => rests.keep({ place: id, untilMs: later }, ms),
  'active rests': async ({ rests }, { ms }) => unordered(await rests.active(ms)),

  'keep an update': ({ inbox }, { id, text, word, count, ms, isSo }) => {
    const from = { id, username: word, language_code: text, is_bot: false };
    const message = { from, chat: { id, type: isSo ? 'private' : 'group' }, text };
    return inbox.keep([{ updateId: count, body: JSON.stringify({ update_id: count, message }) }], ms);
  },
  'keep a strange update': ({ inbox }, { text, count, ms }) => inbox.keep([{ updateId: 100 + count, body: text }], ms),
  'handle an update': ({ inbox }, { count }) => inbox.handled(count),
  'fail an update': ({ inbox }, { count }) => inbox.failed(count),
  'unhandled updates': ({ inbox }) => inbox.unhandled(),
  'take up updates': ({ inbox }) => inbox.takeUp(),
  'purge the inbox': ({ inbox }, { later }) => inbox.purge(later),

  'find a person': ({ people }, { id }) => people.find(id),
  'find a name': ({ people }, { word }) => people.findByUsername(word),
  'want news': ({ people }, { id, isSo }) => people.setNews(id, isSo),
  'count people': ({ people }, { ms }) => people.counts(ms),
  refer: ({ people }, { id, other, count, ms }) =>
    people.credit({ userId: id, updateId: count, byId: other, results: count, nowMs: ms }),
  'ask to be let in': ({ access }, { id, other, text, word, ms }) =>
    access.ask({ id, askedBy: other, name: text, chatId: other, locale: word }, ms),
  'let in': ({ access }, { id, other, isSo }) => access.decide(id, isSo ? 'allowed' : 'refused', other),
  'told who asked': async ({ access }, { id }) => [await access.noteTold(id, 'asked'), await access.find(id)],
  'askers to be told of': async ({ access }) => unordered(await access.undelivered()),
  'ask for data': ({ exports }, { id, word, ms, count }) =>
    exports.ask({ userId: id, chatId: id, locale: word }, ms, count),
  'unsent data': async ({ exports }) => unordered(await exports.unsent()),
  'data sent': ({ exports }, { id }) => exports.noteSent(id),

  'draft a message': ({ broadcasts }, { id, word, text, ms }) =>
    broadcasts.draft({ adminId: id, locale: word, words: text }, ms),
  'start a message': ({ broadcasts }, { count, id, isSo }) => broadcasts.start(count, isSo ? id : undefined),
  'who waits': async ({ broadcasts }, { count }) => unordered(await broadcasts.waiting(count, 99)),
  'take a person': ({ broadcasts }, { count, id }) => broadcasts.take(count, id),
  'settle a person': ({ broadcasts }, { count, id, ms }) =>
    broadcasts.settle(count, id, endings[Math.floor(ms) % endings.length] ?? 'sent'),
  'take a person again': ({ broadcasts }, { count, id, later }) => broadcasts.again(count, id, later, 2),
  'resume messages': ({ broadcasts }) => broadcasts.resume(),
  'progress of a message': async ({ broadcasts }, { count }) => [
    await broadcasts.progress(count),
    await broadcasts.audience(),
  ],
  'end a message': ({ broadcasts }, { count, isSo }) => broadcasts.end(count, isSo ? 'done' : 'stopped'),

  charge: async ({ payments }, given) => payments.charged(chargeOf(given), given.isSo ? 'list' : 'message'),
  refund: ({ payments }, given) => payments.refunded(chargeOf(given)),
  'begin a refund': ({ payments }, { count }) => payments.beginRefund(`charge-${count}`),
  'refuse a refund': ({ payments }, { count }) => payments.refuseRefund(`charge-${count}`),
  'sums of payments': async ({ payments }, { ms, id }) => [await payments.sums(ms), await payments.resultsLeft(id)],
  'latest payments': async ({ payments }, { id, isSo }) => [
    await payments.latest(9, isSo ? id : undefined),
    await payments.refunding(),
  ],
  'a subscription': async ({ payments }, { id, ms, later }) => {
    const payload = payloadFor({ kind: 'subscription', stars: 250 }, 'n');
    await payments.charged(
      { chargeId: `s-${id}`, userId: id, stars: 250, payload, atMs: ms, untilMs: later },
      'message',
    );
    await payments.setRenewal(id, payload, 'canceled');
    return payments.subscriptionOf(id, ms);
  },

  block: ({ safety }, { id, text, ms, isSo }) => safety.block({ id, ...(isSo ? { reason: text } : {}), sinceMs: ms }),
  unblock: ({ safety }, { id }) => safety.unblock(id),
  blocks: async ({ safety }) => unordered(await safety.blocks()),
  restrictions: async ({ safety }, { id, other, ms }) => [
    await safety.restrictions(id, ms, 1_000),
    await safety.barredFrom(id, other, ms),
    unordered(await safety.openJobsOf(id)),
  ],
  strike: ({ safety }, given) =>
    safety.strike(given.id, jobOf(given), given.ms, { max: 2, windowMs: 1_000, restMs: 500.5 }),
  report: async ({ safety }, given) => [
    await safety.report(jobOf(given), given.id, given.ms),
    await safety.reportsOf(jobOf(given)),
  ],
  'give feedback': ({ feedback }, given) =>
    feedback.keep({
      jobId: jobOf(given),
      userId: given.id,
      kind: 'image',
      code: 'busy',
      words: given.text,
      atMs: given.ms,
    }),
  'latest feedback': ({ feedback }, { count }) => feedback.latest(count),

  'show a list': ({ statusLists }, given) => {
    const { id, other, word, count, isSo } = given;
    const jobs = isSo ? [jobOf(given), jobId('tg-404')] : [];
    const list = {
      chatId: id,
      messageId: count,
      userId: other,
      locale: word,
      lane: 'free',
      withCalls: isSo,
      jobs,
    } as const;
    return statusLists.keep(list);
  },
  'stale lists': async ({ statusLists }, { other, isSo }) =>
    unordered(await statusLists.stale(isSo ? other : undefined)),
  'find a list': ({ statusLists }, { id, count }) => statusLists.find(id, count),

  'tell a program': ({ webhooks }, { word, text, ms, later }) =>
    webhooks.add({ id: word, target: 'jobs', type: 'job.failed', body: text, createdAtMs: ms }, later),
  'due messages': async ({ webhooks }, { ms }) => unordered(await webhooks.due(ms, 99)),
  'told a program': ({ webhooks }, { word, ms }) => webhooks.delivered(word, ms),
  'could not tell a program': ({ webhooks }, { word, text, ms }) => webhooks.failed(word, text, ms),
  'tell a program later': ({ webhooks }, { word, text, later }) => webhooks.postpone(word, text, later),
  'tell a program again': ({ webhooks }, { word, ms, later, isSo }) =>
    webhooks.replay(isSo ? 'failed' : [word], ms, later),
  'purge messages': async ({ webhooks }, { later }) => [
    await webhooks.purge(later),
    unordered(await webhooks.list({ count: 99 })),
  ],

  'number of a client': async ({ clients }, { text }) => [await clients.numberOf(text), [...(await clients.names())]],
  'cost of a client': ({ clients }, { count, ms }) =>
    clients.add([
      { userId: -count, kind: 'image', trail: aTrail(1, { kind: 'answered', ms: Math.floor(ms), usd: 0.1 }) },
    ]),
  note: ({ audit }, { ms, text, word }) => audit.note({ atMs: ms, by: 'telegram', action: word, target: text }),
  'latest notes': ({ audit }, { count }) => audit.latest({ count }),
  'tell once': ({ notices }, { text, ms }) => notices.mayTell(text, ms),
  'set a key': async ({ operatorKeys }, { word, text, isSo }) => {
    await operatorKeys.set(keyId(word), isSo ? { label: text } : { label: null });
    return unordered([...(await operatorKeys.settings())]);
  },
  'add a key': async ({ operatorKeys }, { word, text, ms }) => [
    await operatorKeys.add({ id: keyId(word), provider: 'bytez', sealed: text, addedAtMs: ms }),
    await operatorKeys.added(),
  ],
  'ask for a command': async ({ commands }, { id, text, ms }) => {
    const seq = await commands.ask({ kind: 'block', id, reason: text }, ms);
    return [seq, await commands.pending(), await commands.answerOf(seq)];
  },
  'answer a command': ({ commands }, { count, isSo, later }) =>
    commands.answer(count, { kind: 'block-changed', value: isSo }, later),

  accept: ({ engine }, given) => {
    const { count, id, text, isSo } = given;
    const lane = lanes[count % 2] ?? 'free';
    const request = aRequest({ updateId: count, userId: id, lane, ...(isSo ? { groupId: given.other } : {}) });
    return engine.queue.accept({ ...request, prompt: text }, { waiting: 3, perDay: 3 });
  },
  claim: async ({ engine, held }) => {
    const claim = await engine.queue.claim('bytez');
    if (claim !== undefined) held.lease = claim.lease;
    return claim;
  },
  call: async ({ engine, held }, { isSo, count }) =>
    held.lease &&
    engine.queue.recordCall(
      held.lease,
      aTrail(1, isSo ? { kind: 'answered', ms: 5, usd: count / 3 } : { kind: 'sent' }),
    ),
  settle: async ({ engine, held }, given) => held.lease && engine.queue.settle(held.lease, outcomeOf(given)),
  'tell an outcome': async ({ engine, ledger }, given) => {
    const claim = await engine.delivery.claim(jobOf(given));
    if (claim === undefined) return undefined;
    const begun = await ledger.begin(claim.lease, 'result', 'idempotent');
    await ledger.end(claim.lease, 'result', given.isSo ? 'words-instead 7' : '7');
    return [claim, begun, await engine.delivery.done(claim.lease, given.isSo ? 'words-instead' : undefined)];
  },
  cancel: ({ engine }, given) => engine.queue.cancel(jobOf(given), given.id),
  'find a job': async ({ engine }, given) => [
    await engine.reader.where(jobOf(given)),
    await engine.reader.trailOf(jobOf(given)),
    await engine.reader.shownIn(jobOf(given)),
    await engine.reader.conversationBefore(jobOf(given), 5),
  ],
  'latest jobs': ({ engine }, { count, id, isSo }) => engine.reader.latest({ count, ...(isSo ? { userId: id } : {}) }),
  costs: async ({ engine }, { later }) => [
    await engine.reader.costs(0),
    await engine.reader.spending({ sinceMs: later, nowMs: later, maxPeople: 9 }),
  ],
  stats: async ({ engine, laneWaits }) => [await engine.reader.stats(), await laneWaits()],
  rewrite: ({ rewrites }, given) => rewrites.keep(jobOf(given), given.text, undefined),
  'copy a file': async ({ resultCopies }, given) => {
    await resultCopies.add('bucket', [{ key: given.word, jobId: jobOf(given), part: 0, mime: 'image/png' }]);
    return [await resultCopies.uploaded(given.word), await resultCopies.kept('bucket', jobOf(given))];
  },
  'copies to delete': async ({ resultCopies, database }) => [
    await resultCopies.toDelete('bucket', 9),
    await resultCopies.unlinked('bucket', 9),
    await database.read(() => countCopies(database)),
  ],
  'past requests': async ({ pastRequests }, { id, text, isSo }) => [
    await pastRequests.page(id, {}, 5, isSo ? 'favourites' : undefined),
    await pastRequests.search(id, text, undefined, 5),
  ],
  'like a past request': ({ pastRequests }, { count, id, isSo }) => pastRequests.setFavourite(count, id, isSo),
  'sent files': ({ pastRequests }, { count, text }) => pastRequests.setSent(count, [{ form: 'photo', id: text }]),
  'purge past requests': ({ pastRequests }, { later }) => pastRequests.purge(later),
  'forget a person': ({ database }, { id, ms }) => createPersonalData(database).mark(Math.abs(id), ms),
  'drop jobs': async ({ database }, { later }) => {
    const data = createPersonalData(database);
    const ids = await data.expired(later, 9);
    await data.drop(ids, later);
    await data.trim(later, later);
    return [unordered(ids), await data.pendingErasure()];
  },
  check: ({ database }, { later }) => database.read(() => checkLedger(database, later)),
  'undelivered files': async ({ database }) => unordered(await database.read(() => undeliveredResults(database))),
};

function unordered(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).toSorted();
}
