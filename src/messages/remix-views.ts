import { type Aspect, aspects } from '../domain/job.ts';
import type { JobId } from '../domain/ids.ts';
import { type JobKind, kindTraits, type StyleName, stylesOf } from '../domain/kinds.ts';
import type { OfferedModel } from '../domain/views.ts';
import type { Localizer } from './catalog.ts';
import { modelTag } from './models-view.ts';
import { againButton, inRows, promptLimit, quote, resultRows } from './phrases.ts';
import { callbackData, excerpt, type MessageButton, type MessageView } from './view.ts';

/** The first version of what a button under a result asks for; a later one gets a verb of its own beside it. */
export const remixActions = [
  'more',
  'back',
  'vary',
  'seed',
  'shapes',
  'shape',
  'styles',
  'style',
  'models',
  'model',
  'edit',
  'animate',
  'enlarge',
  'original',
  'copy',
  'delete',
  'gone',
  'pick',
  'star',
  'unstar',
] as const;
export type RemixAction = (typeof remixActions)[number];

/** Telegram's limit for the text of a copy button. */
const copyLimit = 256;
const nameLimit = 40;
/** A menu is no catalogue: /models has them all. */
const maxModels = 8;
/** The numbers of variations that are offered. */
export const variationCounts = [2, 3, 4] as const;

/** A result whose keyboard is shown. */
export type RemixFacts = {
  readonly id: JobId;
  readonly kind: JobKind;
  readonly prompt: string;
  readonly hasSeed: boolean;
  /** Absent where the request is not in its person's history. */
  readonly isFavourite?: boolean | undefined;
  readonly offered: readonly JobKind[];
  readonly models: readonly OfferedModel[];
  /** Whether something here makes pictures larger. */
  readonly canEnlarge: boolean;
};

/** Which keyboard is open. */
export type RemixMenu = 'back' | 'more' | 'vary' | 'shapes' | 'styles' | 'models' | 'delete';

/** The rows of a keyboard under a result; at most eleven of three buttons. */
export function remixRows(localizer: Localizer, menu: RemixMenu, facts: RemixFacts): MessageView['rows'] {
  const { id, kind } = facts;
  const button = (text: string, action: RemixAction, more?: string): MessageButton => ({
    text,
    data: callbackData('r1', [id, action, ...(more === undefined ? [] : [more])].join('.')),
  });
  const back = [button(localizer.plain('button.back'), menu === 'more' || menu === 'vary' ? 'back' : 'more')];
  switch (menu) {
    case 'back':
      return resultRows(localizer, id, kind);
    case 'more':
      return [...inRows(moreButtons(localizer, facts, button), 2), back];
    case 'vary':
      return [variationCounts.map((count) => button(`🎲 ×${count}`, 'vary', String(count))), back];
    case 'shapes':
      return [
        ...inRows(
          aspects.map((aspect) => button(aspect, 'shape', tagOfAspect(aspect))),
          4,
        ),
        back,
      ];
    case 'styles': {
      const label = (name: StyleName) => localizer.plain(`button.style-${name}`);
      return [
        ...inRows(
          stylesOf(kind).map((name) => button(label(name), 'style', name)),
          3,
        ),
        back,
      ];
    }
    case 'models':
      return [
        ...facts.models.slice(0, maxModels).map((one) => [button(nameOf(one), 'model', modelTag(one.model))]),
        back,
      ];
    case 'delete':
      return [[{ ...button(localizer.plain('button.delete-yes'), 'gone'), style: 'danger' }], back];
  }
}

type Make = (text: string, action: RemixAction, more?: string) => MessageButton;

function moreButtons(localizer: Localizer, facts: RemixFacts, button: Make): readonly MessageButton[] {
  const { kind, prompt, hasSeed, offered, models, canEnlarge } = facts;
  const { isVisual, carrier } = kindTraits[kind];
  const isPicture = carrier === 'photo';
  const named = (label: Parameters<Localizer['plain']>[0] & `button.${string}`, action: RemixAction) =>
    button(localizer.plain(label as 'button.more'), action);
  return [
    ...(hasSeed ? [named('button.same-seed', 'seed')] : []),
    ...(isVisual ? [named('button.other-shape', 'shapes'), named('button.other-style', 'styles')] : []),
    ...(models.length > 1 ? [named('button.other-model', 'models')] : []),
    ...(isPicture && offered.includes('edit') ? [named('button.edit', 'edit')] : []),
    ...(isPicture && offered.includes('video') ? [named('button.animate', 'animate')] : []),
    ...(isPicture && canEnlarge ? [named('button.enlarge', 'enlarge')] : []),
    named('button.original', 'original'),
    prompt.length <= copyLimit ? { text: localizer.plain('button.copy'), copy: prompt } : named('button.copy', 'copy'),
    ...(facts.isFavourite === undefined
      ? []
      : [facts.isFavourite ? named('button.unstar', 'unstar') : named('button.star', 'star')]),
    named('button.delete', 'delete'),
  ];
}

function nameOf({ model, label }: OfferedModel): string {
  return excerpt(label ?? model.slice(model.lastIndexOf('/') + 1), nameLimit);
}

/** `16:9` as `16x9`: the colon ends the verb. */
function tagOfAspect(aspect: Aspect): string {
  return aspect.replace(':', 'x');
}

/** What a button asks for: `<job>.<action>` or `<job>.<action>.<more>`; undefined for data that none of ours has. */
export function readRemix(
  data: string,
): { readonly id: string; readonly action: RemixAction; readonly more?: string } | undefined {
  const [, id = '', name, more] = /^([A-Za-z0-9_-]{1,40})\.([a-z]{1,10})(?:\.([A-Za-z0-9_-]{1,16}))?$/.exec(data) ?? [];
  const action = remixActions.find((known) => known === name);
  return action === undefined ? undefined : { id, action, ...(more === undefined ? {} : { more }) };
}

/** Asks for the words of a change; a reply to it names the job by the button. */
export function editQuestionView(localizer: Localizer, id: JobId): MessageView {
  return {
    text: localizer.say('remix.edit-how'),
    rows: [[{ text: localizer.plain('button.back'), data: callbackData('r1', `${id}.gone.ask`) }]],
  };
}

/** Under an album: a number for each picture, which shows it alone with its own buttons, and all of them again. */
export function albumView(localizer: Localizer, prompt: string, ids: readonly JobId[]): MessageView {
  const [first] = ids;
  const numbers = ids.map((id, index): MessageButton => ({
    text: new Intl.NumberFormat(localizer.locale).format(index + 1),
    data: callbackData('r1', `${id}.pick`),
  }));
  const again = first === undefined ? [] : [[againButton(localizer, first, 'button.again')]];
  return { text: `🎲 ${quote(prompt, promptLimit)}`, rows: [numbers, ...again] };
}
