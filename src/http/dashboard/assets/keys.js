import { byId, element, say, setOptions, setText, showTable, stateMark } from './dom.js';
import { act } from './server.js';
import { Part } from './state.js';
import { confirmRemoval, openAddKey } from './key-dialogs.js';
import { keyState, moment, number, plural, reasonWords, share, span, stateCell } from './words.js';

const stateNames = [
  ['all', 'All'],
  ['ready', 'Ready'],
  ['cooling', 'Cooling'],
  ['benched', 'Out of use'],
  ['disabled', 'Disabled'],
];

/** The keys, a page at a time, with what can be done to each. */
export function startKeys({ isShown, onChange }) {
  const chosen = { provider: '', state: 'all', page: 1 };
  let providers = [];
  const path = () => {
    if (!isShown()) return undefined;
    const query = new URLSearchParams({ state: chosen.state, page: String(chosen.page) });
    if (chosen.provider !== '') query.set('provider', chosen.provider);
    return `/api/overview/keys?${query}`;
  };
  const part = new Part(path, (page) => show(page));

  const choose = (change) => {
    Object.assign(chosen, { page: 1 }, change);
    part.refresh();
  };

  const change = async (action, key) => {
    if (action === 'remove') return confirmRemoval({ key, onRemoved: onChange });
    const done =
      action === 'test'
        ? await act('/api/keys/tests', { keys: [key.id] })
        : await act(`/api/keys/${key.id}`, { do: action }, 'PATCH');
    if (done === undefined) return;
    say(`${key.name} ${changeWords(action, done)}`);
    part.refresh();
    onChange();
  };

  function show({ keys, counts, total, page, pages }) {
    chosen.page = page;
    showStates(counts);
    showTable(byId('keys-table'), {
      label: 'Keys',
      keyOf: ({ id }) => id,
      none: counts.all === 0 ? 'There is no key yet.' : 'No key is in this state.',
      rows: keys,
      columns: columns(change),
    });
    showPager({ total, page, pages });
  }

  function showStates(counts) {
    const group = byId('keys-state');
    if (group.childElementCount === 0) {
      for (const [state, name] of stateNames) {
        const count = element('span', {});
        group.append(
          element('button', { type: 'button', data: { state }, onclick: () => choose({ state }) }, `${name} `, count),
        );
      }
    }
    for (const button of group.children) {
      button.setAttribute('aria-pressed', String(button.dataset.state === chosen.state));
      setText(button.lastElementChild, number(counts[button.dataset.state]));
    }
  }

  function showPager({ total, page, pages }) {
    const pager = byId('keys-pager');
    if (pager.childElementCount === 0) {
      const step = (by) => () => {
        chosen.page += by;
        part.refresh();
      };
      pager.append(
        element('span', {}),
        element(
          'div',
          {},
          element('button', { type: 'button', onclick: step(-1) }, 'Previous'),
          element('button', { type: 'button', onclick: step(1) }, 'Next'),
        ),
      );
    }
    const [words, buttons] = pager.children;
    setText(words, pages > 1 ? `Page ${page} of ${pages}, ${plural(total, 'key')}` : plural(total, 'key'));
    buttons.hidden = pages <= 1;
    buttons.firstElementChild.disabled = page <= 1;
    buttons.lastElementChild.disabled = page >= pages;
  }

  byId('add-key').addEventListener('click', () =>
    openAddKey({ providers, chosen: chosen.provider, onAdded: onChange }),
  );
  byId('keys-provider').addEventListener('change', ({ target }) => {
    location.hash = target.value === '' ? '#keys' : `#keys/${target.value}`;
  });
  return {
    refresh: () => part.refresh(),
    /** Shows the keys of this provider; of all where it is empty. */
    open: (provider) => {
      byId('keys-provider').value = provider;
      choose({ provider });
    },
    noteProviders: (all) => {
      providers = all.map(({ provider }) => provider);
      setOptions(byId('keys-provider'), [['', 'all'], ...providers.map((name) => [name, name])]);
      byId('keys-provider').value = chosen.provider;
    },
  };
}

function columns(change) {
  return [
    {
      name: 'Key',
      cell: ({ name, hint, label, keyless, balance, endsOn }) => [
        label === undefined ? name : `${name} · ${label}`,
        element(
          'small',
          {},
          element('span', { class: 'mono' }, keyless ? 'asked without a key' : hint),
          balanceOf(balance),
          endsOn === undefined ? '' : ` · ends on ${endsOn}`,
        ),
      ],
    },
    { name: 'State', cell: ({ state }) => stateCell(keyState(state), stateMark) },
    { name: 'Seats', isNumber: true, cell: ({ inFlight, seats }) => `${inFlight} of ${seats}` },
    { name: 'Success', isNumber: true, cell: successCell },
    {
      name: 'Latency',
      isNumber: true,
      cell: ({ meanLatencyMs, p95LatencyMs }) =>
        meanLatencyMs === undefined
          ? '–'
          : [span(meanLatencyMs), p95LatencyMs === undefined ? '' : element('small', {}, `p95 ${span(p95LatencyMs)}`)],
    },
    {
      name: 'Last used',
      cell: ({ lastUsedMs, lastError }) => [
        lastUsedMs === undefined ? 'never' : moment(lastUsedMs),
        lastError === undefined
          ? ''
          : element('small', {}, `${reasonWords(lastError.reason)}, `, moment(lastError.atMs)),
      ],
    },
    { name: 'Actions', isWide: true, cell: (key) => element('div', { class: 'actions' }, actionsOf(key, change)) },
  ];
}

function balanceOf(balance) {
  return balance === undefined ? '' : ` · ${number(Math.round(balance.amount * 100) / 100)} ${balance.unit} left`;
}

function successCell({ calls, successes, callsToday }) {
  if (calls === 0) return '–';
  return [share(successes, calls), element('small', {}, `${plural(calls, 'call')}, ${number(callsToday)} today`)];
}

function actionsOf(key, change) {
  const { kind } = key.state;
  const isResting = ['cooling', 'benched', 'probing', 'suspect', 'half-open'].includes(kind);
  const button = (action, words) =>
    element(
      'button',
      {
        type: 'button',
        'aria-label': `${words} ${key.name}`,
        // A disabled button would lose the keyboard's focus.
        onclick: async ({ currentTarget: pressed }) => {
          if (pressed.getAttribute('aria-busy') === 'true') return;
          pressed.setAttribute('aria-busy', 'true');
          await change(action, key);
          pressed.removeAttribute('aria-busy');
        },
      },
      words,
    );
  const remove = key.isAdded ? [button('remove', 'Remove')] : [];
  if (key.state.ended) return [button('test', 'Test'), ...remove];
  if (kind === 'disabled') return [button('enable', 'Enable'), button('test', 'Test'), ...remove];
  const wake = isResting ? [button('wake', 'Wake')] : [];
  return [...wake, button('test', 'Test'), button('disable', 'Disable'), ...remove];
}

function changeWords(action, { tests: [test] = [] }) {
  if (action !== 'test') return { wake: 'is back at work', disable: 'is disabled', enable: 'is enabled' }[action];
  if (test === undefined) return 'cannot be tested: its provider has no free test';
  if (test.ok) return 'is accepted';
  return `is not accepted: ${reasonWords(test.reason ?? 'unrecognized')}${test.detail ? ` (${test.detail})` : ''}`;
}
