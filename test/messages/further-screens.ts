import { failureCodes } from '../../src/domain/failure.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { aspects } from '../../src/domain/job.ts';
import type { PastJob } from '../../src/domain/job-engine.ts';
import { jobKinds, perKind, styleNames } from '../../src/domain/kinds.ts';
import { paymentStates, type Payment } from '../../src/domain/payments/payment.ts';
import type { PastRequest } from '../../src/domain/personal/past-requests.ts';
import type { MessageMapper } from '../../src/messages/message-mapper.ts';
import { pageSize } from '../../src/messages/personal/history-view.ts';
import { variationCounts } from '../../src/messages/remix-views.ts';
import type { MessageView } from '../../src/messages/view.ts';
import { aJob } from '../support/builders.ts';
import { aKey, outcomeFor } from './builders.ts';

/** The most numerous, latest and longest values: `words` stand for everything that people and operators write. */
export type ScreenFacts = { readonly words: string; readonly nowMs: number };

const id = jobId('7-1001');
const person = 999_999_999_999;
const many = 1_234_567;

/** What people are shown of their settings, histories, payments and groups, and admins of people, in every state. */
export function furtherScreens(mapper: MessageMapper, locale: string, facts: ScreenFacts): readonly MessageView[] {
  return [
    ...personalScreens(mapper, locale, facts),
    ...paymentScreens(mapper, locale, facts),
    ...safetyScreens(mapper, locale, facts),
    ...adminScreens(mapper, locale, facts),
  ];
}

function personalScreens(mapper: MessageMapper, locale: string, { words, nowMs }: ScreenFacts): readonly MessageView[] {
  const model = { provider: 'bytez', model: words, label: words } as const;
  const models = { offered: perKind(() => [model, { ...model, model: 'x' }]), chosen: perKind(() => words) };
  const preferences = styleNames.map((preset, index) => {
    const aspect = aspects[index % aspects.length] ?? '16:9';
    return { preset, aspect, asFile: true, quiet: true, isPrivate: true } as const;
  });
  const entry: PastRequest = {
    id: Number.MAX_SAFE_INTEGER,
    jobId: id,
    userId: person,
    kind: 'image',
    prompt: words,
    ended: 'result',
    model: words,
    made: [],
    sent: [],
    askedAtMs: nowMs,
    isFavourite: true,
  };
  const endings = ['result', 'failed', 'cancelled'] as const;
  const entries = jobKinds.flatMap((kind) => endings.map((ended) => ({ ...entry, kind, ended })));
  const pages = pagesOf(entries, pageSize).map((page) => ({ entries: page, hasNewer: true, hasOlder: true }));
  const remix = jobKinds.flatMap((kind) =>
    (['back', 'more', 'vary', 'shapes', 'styles', 'models', 'delete'] as const).map((menu) => ({
      text: 'x',
      rows: mapper.remix(
        menu,
        { id, kind, prompt: words, hasSeed: true, isFavourite: false, models: [model], canEnlarge: true },
        locale,
      ),
    })),
  );
  return [
    ...preferences.map((one) => mapper.settings({ ...models, preferences: one }, locale)),
    mapper.settings({ ...models, preferences: {} }, locale),
    ...(['shape', 'style', 'language'] as const).map((menu) => mapper.settingMenu(menu, { preferences: {} }, locale)),
    ...(['all', 'favourites'] as const).flatMap((list) => [
      ...pages.map((page) => mapper.history(list, page, { labelOf: () => words }, locale)),
      mapper.history(list, { entries: [], hasNewer: false, hasOlder: false }, { labelOf: () => words }, locale),
    ]),
    ...entries.map((one) =>
      mapper.pastCard({ entry: one, label: words, isGone: true, isCaption: one.ended === 'result' }, locale),
    ),
    { text: mapper.fileGoneWithSeed(locale), rows: [] },
    mapper.historyInPrivate(words, locale),
    { text: mapper.inlineButton(true, locale), rows: [] },
    { text: mapper.inlineButton(false, locale), rows: [] },
    mapper.inlineWordsGone(locale),
    mapper.feedbackQuestion(locale),
    ...[true, false].map((isTaken) => mapper.feedbackTaken(isTaken, locale)),
    ...remix,
    mapper.album(
      words,
      variationCounts.map(() => id),
      locale,
    ),
    mapper.editQuestion(id, locale),
    mapper.models(models, locale),
    ...jobKinds.map((kind) => mapper.modelsOf(kind, models, locale)),
  ];
}

function paymentScreens(mapper: MessageMapper, locale: string, { words, nowMs }: ScreenFacts): readonly MessageView[] {
  const orders = [
    { kind: 'pack', results: many, stars: many },
    { kind: 'subscription', stars: many },
    undefined,
  ] as const;
  const payments = paymentStates.flatMap((state) =>
    orders.map((order): Payment => ({
      id: many,
      chargeId: 'stx',
      userId: person,
      stars: many,
      payload: 'x',
      atMs: nowMs,
      order,
      state,
      resultsLeft: many,
      renewal: 'on',
      isTold: false,
    })),
  );
  const plain = (text: string): MessageView => ({ text, rows: [] });
  return [
    ...payments.map((payment) => mapper.paymentTold(payment, many, locale)),
    mapper.paySupport(payments.slice(0, 5), locale),
    mapper.refundList(payments.slice(0, 5), locale),
    ...[true, false].map((isSent) => mapper.paySupportSent(isSent, locale)),
    mapper.paySupportAsked({ userId: person, words, own: payments.slice(0, 5) }, locale),
    mapper.terms(undefined, locale),
    mapper.subscriptionLink('https://t.me/x', many, locale),
    ...[true, false].map((stops) => mapper.renewalSet(stops, nowMs, locale)),
    mapper.renewalUnreached(locale),
    ...(['not-sold', 'price-changed', 'subscribed', 'unavailable'] as const).map((why) =>
      plain(mapper.checkoutDeclined(why, locale)),
    ),
    ...(['already', 'unknown', 'later'] as const).map((kind) =>
      mapper.refundEnding(kind === 'already' ? { kind, payment: payments[0] as Payment } : { kind }, locale),
    ),
  ];
}

function safetyScreens(mapper: MessageMapper, locale: string, { words, nowMs }: ScreenFacts): readonly MessageView[] {
  const group = { kindsOff: jobKinds, hasSpoilers: true, who: 'admins' } as const;
  return [
    mapper.barred({ kind: 'blocked', reason: words }, nowMs, locale),
    mapper.barred({ kind: 'resting', untilMs: nowMs + 86_400_000 }, nowMs, locale),
    ...jobKinds.flatMap((kind) => [
      mapper.wordsRefused(kind, undefined, nowMs, locale),
      mapper.wordsRefused(kind, nowMs + 3_600_000, nowMs, locale),
      ...(['kind', 'admins'] as const).map((why) => mapper.groupDeclines(why, kind, words, locale)),
    ]),
    mapper.blockUsage(locale),
    ...(['done', 'ended', 'none'] as const).map((what) => mapper.blockSet(what, -person, locale)),
    ...[1, 2, 5, 21].map((reports) => mapper.reported({ job: id, userId: person, reports }, locale)),
    mapper.reportedWords(id, words, locale),
    mapper.reportedWords(id, undefined, locale),
    mapper.withReport({ text: 'x', rows: [] }, { id, locale, origin: { ...aJob().origin, chatType: 'group' } }),
    mapper.groupSettings({}, locale),
    mapper.groupSettings(group, locale),
    mapper.slowDownAll([{ id: person, name: words }], many, locale),
    mapper.hiddenSender(words, locale),
    mapper.privacy(
      {
        retentionMs: 86_400_000 * 30,
        historyMs: 86_400_000 * 365,
        keepsCopies: true,
        providers: [words],
        hasPayments: true,
        result: { madeAtMs: nowMs, untilMs: nowMs + 86_400_000 },
      },
      locale,
    ),
    ...(['asked', 'too-soon'] as const).map((asked) => mapper.exportAnswer(asked, locale)),
    mapper.exportCaption(locale),
    ...(['private', 'asked', 'waiting', 'allowed', 'refused'] as const).map((state) => mapper.access(state, locale)),
    mapper.invitation(words, many, locale),
    mapper.referralThanks(many, locale),
  ];
}

function adminScreens(mapper: MessageMapper, locale: string, { words, nowMs }: ScreenFacts): readonly MessageView[] {
  const wait = { p50Ms: 59_000, p95Ms: 7_200_000 };
  const total = { requests: many, answered: many, failed: 0, cancelled: many, callsOfAnswered: 0, wait };
  const span = { total, people: { active: many, fresh: 1 }, spent: 12.5, unpriced: 0, currency: 'EUR' };
  const user = { id: person };
  const known = {
    id: person,
    username: 'w'.repeat(32),
    wantsNews: false,
    firstSeenMs: nowMs,
    lastSeenMs: nowMs,
  };
  const outcomes = failureCodes.map((code) => ({ kind: 'told', outcome: outcomeFor(code) }) as const);
  const states = [{ kind: 'waiting', readyAtMs: 0 }, { kind: 'running' }, ...outcomes] as const;
  const jobs = states.map((state, index) => ({
    job: { id, kind: jobKinds[index % jobKinds.length] ?? 'image', prompt: words, state } as PastJob['job'],
  }));
  const usedToday = perKind(() => many);
  const progress = { sent: many, closed: many, unsure: many, failed: 1, 'left-out': many, total: many, waiting: 0 };
  const tested = { id: keyId('id1'), name: words, ms: 1 };
  const block = { id: person, reason: words, sinceMs: nowMs };
  const restrictions = { block, restUntilMs: nowMs + 86_400_000, strikes: many };
  const said = { jobId: id, userId: person, kind: 'image', code: 'result-unavailable', words, atMs: nowMs } as const;
  return [
    mapper.stats({ day: span, week: span, waiting: many, running: many }, locale),
    ...(['premium', 'free'] as const).flatMap((lane) =>
      pagesOf(jobs, 10).map((page) =>
        mapper.whois(
          {
            person: { user, lane, usedToday, openJobs: many, restrictions },
            known,
            jobs: page,
            withWords: lane === 'free',
            nowMs,
          },
          locale,
        ),
      ),
    ),
    mapper.whois(
      {
        person: { user, lane: 'free', usedToday, openJobs: 0, restrictions: { strikes: 0 } },
        known: undefined,
        jobs: [],
        withWords: false,
        nowMs,
      },
      locale,
    ),
    mapper.whoisUsage(locale),
    mapper.whoisUnknown(words, locale),
    mapper.feedbackList(
      Array.from({ length: 10 }, () => said),
      locale,
    ),
    mapper.feedbackList([], locale),
    mapper.broadcastUsage(locale),
    mapper.broadcastTooLong(many, locale),
    mapper.broadcastNobody(locale),
    mapper.broadcastDropped(locale),
    mapper.broadcastQuestion(many, many, locale),
    ...(['draft', 'sending', 'stopped', 'done'] as const).map((state) =>
      mapper.broadcastProgress(many, state, progress, locale),
    ),
    mapper.news(words, locale),
    ...(['asked', 'allowed', 'refused'] as const).flatMap((state) =>
      [person, -person].map((one) =>
        mapper.accessRequest({ id: one, askedBy: person, name: words, chatId: person, locale, state }, locale),
      ),
    ),
    mapper.feedbackToAdmins({ jobId: id, userId: person, kind: 'image', code: 'refused', words, atMs: nowMs }, locale),
    mapper.keysUsage(locale),
    mapper.keyNotFound(words, locale),
    mapper.keyRemoved(words, undefined, locale),
    mapper.keyRemoved(words, words, locale),
    mapper.keyTests(
      [
        { ...tested, ok: true },
        { ...tested, ok: false, reason: 'unreachable' },
      ],
      locale,
    ),
    mapper.keyGroups([aKey(1, { name: words })], locale),
    ...(['no-master-key', 'in-group', 'usage', 'lost'] as const).map((kind) =>
      mapper.keyAdded(kind === 'no-master-key' ? { kind, provider: 'bytez' } : { kind }, false, locale),
    ),
    mapper.keyAdded({ kind: 'refused', reason: 'rejected', provider: 'bytez' }, true, locale),
    ...(['woken', 'disabled', 'enabled'] as const).map((change) => mapper.keysChanged(change, many, locale)),
  ];
}

function pagesOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return items.flatMap((_, index) => (index % size === 0 ? [items.slice(index, index + size)] : []));
}
