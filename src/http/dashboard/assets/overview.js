import { bar, byId, element, reconcile, say, setText, showTable, stateMark } from './dom.js';
import { availability, money, moment, number, plural, stateCell } from './words.js';

let known;

/** Shows what is going on now, and says which alerts are new. */
export function showOverview(now) {
  setText(byId('verdict'), verdict(now));
  showFigures(now);
  showAlerts(now.alerts);
  showProviders(now);
  const ids = new Set(now.alerts.map(({ id }) => id));
  if (known !== undefined) {
    for (const { id, what } of now.alerts) if (!known.has(id)) say(`New alert: ${what}`);
  }
  known = ids;
}

/** The state of everything in one sentence. */
function verdict({ keys, providers, alerts }) {
  const high = alerts.filter(({ severity }) => severity === 'high').length;
  if (keys.total === 0) return 'There is no key yet';
  const stopped = providers.filter((one) => one.isDown || one.isEmpty || one.availability.kind !== 'taking');
  if (stopped.length === providers.length) return 'No provider takes calls';
  if (stopped.length > 0) {
    const [first] = stopped;
    if (stopped.length === 1) return `Serving; provider ${first.provider} ${whyStopped(first)}`;
    const names = stopped.map(({ provider }) => provider);
    if (names.length > 3) return `Serving; ${names.length} of ${providers.length} providers take no calls`;
    return `Serving; providers ${names.slice(0, -1).join(', ')} and ${names.at(-1)} take no calls`;
  }
  if (high > 0) return `Serving, with ${plural(high, 'thing')} to look at`;
  return keys.benched > 0 ? `Serving; ${plural(keys.benched, 'key')} out of use` : 'Serving, all is well';
}

/** Names of providers are words too, `stability` for one, so the sentence says what they are. */
function whyStopped({ isDown, isEmpty, availability: { kind } }) {
  if (isDown) return 'is down';
  if (isEmpty) return 'serves no model of the chains';
  return kind === 'cooling' || kind === 'probing' ? 'has no key ready' : 'has no key that works';
}

let figures = {};

/** Figures that come from the history. */
export function noteFigures(more) {
  figures = { ...figures, ...more };
  renderFigures();
}

function showFigures({ lines, keys, undelivered, spentToday, providers }) {
  const running = lines.reduce((sum, line) => sum + line.running, 0);
  const waiting = lines.map((line) => line.waiting);
  const [premium, free] = ['premium', 'free'].map((lane) => waiting.reduce((sum, one) => sum + one[lane], 0));
  const inFlight = providers.reduce((sum, one) => sum + one.inFlight, 0);
  figures = {
    ...figures,
    Running: [number(running), plural(inFlight, 'call') + ' at providers'],
    Waiting: [number(premium + free), `${number(premium)} premium, ${number(free)} free`],
    'Keys ready': [`${number(keys.ready)} of ${number(keys.total)}`, rest(keys)],
    'Spent today': [money(spentToday), undelivered > 0 ? `${plural(undelivered, 'result')} to deliver` : 'UTC day'],
  };
  renderFigures();
}

function rest({ cooling, benched, disabled }) {
  const parts = [
    [cooling, 'cooling'],
    [benched, 'out of use'],
    [disabled, 'disabled'],
  ].flatMap(([count, word]) => (count > 0 ? [`${number(count)} ${word}`] : []));
  return parts.join(', ') || 'none rests';
}

const order = ['Running', 'Waiting', 'Keys ready', 'Answered, 24 h', 'Wait, 24 h', 'Spent today'];

function renderFigures() {
  const shown = order.map((name) => ({ name, value: figures[name]?.[0] ?? '–', note: figures[name]?.[1] ?? '' }));
  reconcile(
    byId('figures'),
    shown,
    ({ name }) => name,
    ({ name, value, note }) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value, element('small', {}, note))),
  );
}

const severityWords = { high: 'High', medium: 'Medium', low: 'Low' };
const severities = Object.keys(severityWords);
const mostAlerts = 30;

function showAlerts(alerts) {
  const sorted = alerts.toSorted(
    (one, other) =>
      severities.indexOf(one.severity) - severities.indexOf(other.severity) || other.raisedAtMs - one.raisedAtMs,
  );
  const items = sorted.slice(0, mostAlerts);
  if (alerts.length === 0) items.push({ id: 'none' });
  if (alerts.length > mostAlerts) items.push({ id: 'more', count: alerts.length - mostAlerts });
  reconcile(
    byId('alerts'),
    items,
    ({ id }) => id,
    (alert) => {
      if (alert.id === 'none') return element('li', { class: 'quiet' }, 'Nothing is wrong.');
      if (alert.id === 'more') return element('li', { class: 'quiet' }, `and ${plural(alert.count, 'more alert')}`);
      const { severity, raisedAtMs, what, advice } = alert;
      return element(
        'li',
        { class: 'alert', data: { severity } },
        element('span', { class: 'severity' }, severityWords[severity]),
        element('b', {}, sentence(what)),
        moment(raisedAtMs),
        element('p', { class: 'advice' }, `${sentence(advice)}.`),
      );
    },
  );
}

/** Names begin as they are written. */
function sentence(text) {
  return /^[a-z]+ [a-z]/.test(text) && !/^[a-z0-9_-]+ (?:#|is |serves|accepts|refuses|takes|does)/.test(text)
    ? text[0].toUpperCase() + text.slice(1)
    : text;
}

function showProviders({ providers, lines, models }) {
  const byLine = new Map(lines.map((line) => [line.line, line]));
  const names = new Set(providers.map(({ provider }) => provider));
  // A line may have work left from keys that are gone.
  const lost = lines.flatMap(({ line }) =>
    names.has(line)
      ? []
      : [
          {
            provider: line,
            availability: { kind: 'no-keys' },
            total: 0,
            ready: 0,
            cooling: 0,
            benched: 0,
            disabled: 0,
          },
        ],
  );
  const rows = [...providers, ...lost].map((status) => ({
    ...status,
    line: byLine.get(status.provider),
    unserved: unserved(models, status.provider),
  }));
  showTable(byId('providers'), {
    label: 'Providers',
    keyOf: ({ provider }) => provider,
    none: 'No provider has a key. Put one into .env, or add one under Keys.',
    rows,
    columns: [
      { name: 'Provider', cell: ({ provider }) => element('a', { href: `#keys/${provider}` }, provider) },
      { name: 'State', cell: providerState },
      { name: 'Keys', cell: keysCell },
      { name: 'Running', isNumber: true, cell: ({ line }) => number(line?.running ?? 0) },
      { name: 'Waiting, premium', isNumber: true, cell: ({ line }) => number(line?.waiting.premium ?? 0) },
      { name: 'Waiting, free', isNumber: true, cell: ({ line }) => number(line?.waiting.free ?? 0) },
    ],
  });
}

/** How many models of the chains it does not serve now. */
function unserved(models, provider) {
  const own = models.filter((model) => model.provider === provider && model.state !== 'served');
  return new Set(own.map(({ model }) => model)).size;
}

function providerState(status) {
  const { unserved: count } = status;
  const state = availability(status);
  const isNews = count > 0 && state.tone === 'good';
  return stateCell(isNews ? { ...state, why: `without ${plural(count, 'model')}` } : state, stateMark);
}

function keysCell(status) {
  const { ready, cooling, benched, disabled, total } = status;
  const parts = [
    ['ready', ready],
    ['cooling', cooling],
    ['benched', benched],
    ['disabled', disabled],
  ];
  const words = `${number(ready)} of ${number(total)} ready`;
  const others = rest(status);
  return [bar(parts), element('small', {}, others === 'none rests' ? words : `${words}, ${others}`)];
}
