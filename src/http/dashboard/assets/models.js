import { byId, element, reconcile, showTable, stateMark } from './dom.js';
import { availability, serverNow, span, stateCell } from './words.js';

const kindNames = {
  image: 'Pictures',
  edit: 'Changed pictures',
  video: 'Videos',
  music: 'Music',
  speech: 'Speech',
  chat: 'Answers',
};

/** Shows the chain of each kind; a model can be had only where its provider can. */
export function showModels({ models, providers }) {
  const byName = new Map(providers.map((status) => [status.provider, status]));
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
    const chain = models
      .filter((model) => model.kind === kind)
      .map((model, index) => ({ ...model, place: index + 1, trouble: troubleOf(byName.get(model.provider)) }));
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

/** What keeps a provider from being asked at all. */
function troubleOf(status) {
  if (status === undefined) return { tone: 'off', name: 'No keys' };
  const { tone, name } = availability(status);
  return tone === 'good' ? undefined : { tone, name, why: 'its provider as a whole' };
}

function stateOf({ state, endsOn, trouble }) {
  if (state === 'gone') return { tone: 'bad', name: 'Not served', why: 'its provider says so' };
  if (state === 'ended') return { tone: 'bad', name: 'Ended' };
  if (trouble !== undefined) return trouble;
  if (state === 'resting') return { tone: 'cool', name: 'Resting', why: 'not asked for some minutes' };
  const isSoon = endsOn !== undefined && Date.parse(`${endsOn}T00:00:00Z`) - serverNow() < soonMs;
  return isSoon ? { tone: 'wait', name: 'Ends soon' } : { tone: 'good', name: 'In use' };
}
