import { byId, element, reconcile, showTable, stateMark } from './dom.js';
import { serverNow, span, stateCell } from './words.js';

const kindNames = {
  image: 'Pictures',
  edit: 'Changed pictures',
  video: 'Videos',
  music: 'Music',
  speech: 'Speech',
  chat: 'Answers',
};

/** Shows the chain of each kind. */
export function showModels(models) {
  const kinds = Object.keys(kindNames).filter((kind) => models.some((model) => model.kind === kind));
  const host = byId('models-list');
  reconcile(
    host,
    kinds,
    (kind) => kind,
    (kind) =>
      element(
        'section',
        { class: 'chain', 'aria-labelledby': `chain-${kind}` },
        element('h2', { id: `chain-${kind}` }, kindNames[kind]),
        element('table', { class: 'rows' }),
      ),
  );
  for (const kind of kinds) {
    const section = host.querySelector(`[data-key="${kind}"]`);
    const chain = models.filter((model) => model.kind === kind).map((model, index) => ({ ...model, place: index + 1 }));
    showTable(section.querySelector('table'), {
      label: kindNames[kind],
      keyOf: ({ place, provider, model }) => `${place} ${provider}:${model}`,
      none: 'No model makes this.',
      rows: chain,
      columns,
    });
  }
}

const soonMs = 14 * 86_400_000;

const columns = [
  {
    name: 'Model',
    cell: ({ place, model, label }) => [
      `${place}. ${label ?? model}`,
      label === undefined ? '' : element('small', { class: 'mono' }, model),
    ],
  },
  { name: 'Provider', cell: ({ provider }) => element('a', { href: `#keys/${provider}` }, provider) },
  { name: 'State', cell: (model) => stateCell(stateOf(model), stateMark) },
  { name: 'Usual time', isNumber: true, cell: ({ usualMs }) => (usualMs === undefined ? '–' : span(usualMs)) },
  { name: 'Ends on', cell: ({ endsOn }) => endsOn ?? '' },
  { name: 'Then', cell: ({ replacedBy }) => replacedBy ?? '' },
];

function stateOf({ state, endsOn }) {
  if (state === 'gone') return { tone: 'bad', name: 'Not served', why: 'its provider says so' };
  if (state === 'ended') return { tone: 'bad', name: 'Ended' };
  if (state === 'resting') return { tone: 'cool', name: 'Resting', why: 'not asked for some minutes' };
  const isSoon = endsOn !== undefined && Date.parse(`${endsOn}T00:00:00Z`) - serverNow() < soonMs;
  return isSoon ? { tone: 'wait', name: 'Ends soon' } : { tone: 'good', name: 'In use' };
}
