import { createHash } from 'node:crypto';
import { type JobKind, jobKinds } from '../domain/kinds.ts';
import type { OfferedModel } from '../domain/views.ts';
import type { Localizer } from './catalog.ts';
import { lines } from './phrases.ts';
import { callbackData, escapeHtml, excerpt, type MessageButton, type MessageView } from './view.ts';

/** What people may choose among, and what they have chosen, by kind. */
export type ModelFacts = {
  readonly offered: Readonly<Partial<Record<JobKind, readonly OfferedModel[]>>>;
  readonly chosen: Readonly<Partial<Record<JobKind, string>>>;
};

const nameLimit = 48;
/** In the overview; the list of one kind shows more. */
const maxInOverview = 6;
const maxShown = 24;

/** Every kind with its models, and a button for each kind in which there is a choice. */
export function modelsView(localizer: Localizer, facts: ModelFacts): MessageView {
  const kinds = jobKinds.filter((kind) => (facts.offered[kind]?.length ?? 0) > 0);
  const parts = kinds.map((kind) => `\n${kindWords(localizer, kind, facts, maxInOverview)}`);
  const withChoice = kinds.filter((kind) => (facts.offered[kind]?.length ?? 0) > 1 || facts.chosen[kind] !== undefined);
  const buttons = withChoice.map((kind): MessageButton => ({
    text: localizer.plain('button.models', { kind }),
    data: callbackData('model', kind),
  }));
  const pairs = buttons.flatMap((_, index) => (index % 2 === 0 ? [buttons.slice(index, index + 2)] : []));
  const settings = [{ text: localizer.plain('button.settings'), data: callbackData('set', 'all') }];
  return { text: lines(localizer.say('models.header'), ...parts), rows: [...pairs, settings] };
}

/** The models of one kind, with a button for each: the one of the person's choice is marked. */
export function modelsOfKindView(localizer: Localizer, kind: JobKind, facts: ModelFacts): MessageView {
  const models = facts.offered[kind] ?? [];
  const own = facts.chosen[kind];
  const isGone = own !== undefined && !models.some(({ model }) => model === own);
  const rows = models.slice(0, maxShown).map((offered): MessageView['rows'][number] => [
    {
      text: `${offered.model === own ? '✓ ' : ''}${modelName(offered)}`,
      data: callbackData('model', `${kind}.${modelTag(offered.model)}`),
    },
  ]);
  const mark = own === undefined ? '✓ ' : '';
  return {
    text: lines(
      localizer.say('models.choose'),
      `\n${kindWords(localizer, kind, facts, maxShown)}`,
      isGone ? `\n${localizer.say('models.gone', { model: excerpt(own, nameLimit) })}` : '',
    ),
    rows: [
      ...rows,
      [{ text: `${mark}${localizer.plain('button.models-any')}`, data: callbackData('model', `${kind}.any`) }],
      [{ text: localizer.plain('button.models-all'), data: callbackData('model', 'all') }],
    ],
  };
}

/** Names a model in the data of a button, where a whole name may not fit. */
export function modelTag(model: string): string {
  return createHash('sha256').update(model).digest('hex').slice(0, 12);
}

function kindWords(localizer: Localizer, kind: JobKind, { offered, chosen }: ModelFacts, atMost: number): string {
  const models = offered[kind] ?? [];
  const shown = models.slice(0, atMost).map((one) => {
    const facts = [priceWords(localizer, kind, one), timeWords(localizer, one)].filter((words) => words !== '');
    const mark = one.model === chosen[kind] ? '✓' : '•';
    return [`${mark} ${escapeHtml(modelName(one))}`, ...facts].join(' · ');
  });
  const more = models.length - shown.length;
  return lines(
    localizer.say('models.kind', { kind }),
    ...shown,
    more === 0 ? '' : localizer.say('list.more', { count: more }),
  );
}

/** Its label, else its id without its owner. */
export function modelName({ label, model }: OfferedModel): string {
  return excerpt(label ?? (model.slice(model.lastIndexOf('/') + 1) || model), nameLimit);
}

/** What one request of a kind usually counts where tokens are paid: a square picture as OpenAI counts it, a short answer. */
const usualTokens: Readonly<Partial<Record<JobKind, { readonly read: number; readonly written: number }>>> = {
  image: { read: 50, written: 1_056 },
  edit: { read: 50, written: 1_056 },
  chat: { read: 1_000, written: 500 },
};
/** Kinds of which a second is one of the result. */
const lasting: ReadonlySet<JobKind> = new Set(['video', 'music', 'speech']);

/** Prices in units that people know: one that counts tokens is estimated for one result, or left out. */
function priceWords(localizer: Localizer, kind: JobKind, { price = [] }: OfferedModel): string {
  const prices = [price].flat();
  const usual = usualTokens[kind];
  const money = (usd: number, digits: number) => {
    const isWhole = Math.round(usd * 100) / 100 === usd;
    const format = {
      style: 'currency',
      currency: 'USD',
      ...(isWhole ? {} : { maximumSignificantDigits: digits }),
    } as const;
    return new Intl.NumberFormat(localizer.locale, format).format(usd);
  };
  const stated = prices.flatMap(({ usd, per }) => {
    const isKnown = per === 'call' || per === 'image' || (per === 'second' && lasting.has(kind));
    return isKnown ? [localizer.say('models.price', { price: money(usd, 3), per, about: 'no' })] : [];
  });
  const counted = prices.flatMap(({ usd, per }) => {
    if (usual === undefined || !per.startsWith('million')) return [];
    return [(usd * (per === 'million-input-tokens' ? usual.read : usual.written)) / 1_000_000];
  });
  if (counted.length === 0) return stated.join(' + ');
  const estimate = money(
    counted.reduce((sum, part) => sum + part),
    2,
  );
  const per = kind === 'chat' ? 'answer' : 'image';
  return [...stated, localizer.say('models.price', { price: estimate, per, about: 'yes' })].join(' + ');
}

function timeWords(localizer: Localizer, { usualMs }: OfferedModel): string {
  return usualMs === undefined
    ? ''
    : localizer.say('models.usual', { seconds: Math.max(1, Math.round(usualMs / 1_000)) });
}
