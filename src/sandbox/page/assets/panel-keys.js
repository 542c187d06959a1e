import { element, setText } from './dom.js';
import { act, serverNow, state } from './server.js';

const modes = {
  scripted: 'as it came',
  healthy: 'works',
  refused: 'is refused (401)',
  'no-credit': 'is out of credit (402)',
  limited: 'is rate-limited (429)',
  concurrency: 'has its seat taken (429)',
  failing: 'fails (500)',
  hanging: 'hangs',
  slow: 'is slow (5 s)',
};
const reasons = {
  'rate-limited': 'rate-limited',
  concurrency: 'seat taken',
  'timed-out': 'timed out',
  'fails-alone': 'fails alone',
  rejected: 'refused',
  'out-of-credit': 'out of credit',
};

const takingCalls = new Set(['ready', 'suspect', 'half-open']);

/** Each key with its state, its time to wake, and what its account shall do next. */
export function createKeys() {
  const rows = new Map();
  const list = element('ul', { class: 'keys' });
  const hint = element('p', { class: 'hint' }, 'Choose what a key does from its next call on.');
  const body = element('div', {}, hint, list);
  const count = element('span', { class: 'aside' });

  function draw() {
    const keys = state.get('keys') ?? [];
    const { accounts = [] } = state.get('board') ?? {};
    for (const [index, key] of keys.entries()) {
      let row = rows.get(key.name);
      if (row === undefined) {
        row = createRow(key.name, index + 1);
        rows.set(key.name, row);
        list.append(row.root);
      }
      row.update(key, accounts[index]?.mode ?? 'scripted');
    }
    setText(count, `${keys.filter((key) => takingCalls.has(key.state.kind)).length} of ${keys.length} ready`);
  }

  return { body, aside: count, draw, tick: () => rows.forEach((row) => row.tick()) };
}

function createRow(name, place) {
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
  const words = element('span', { class: 'key-state' });
  const work = element('span', { class: 'key-work' });
  const mode = element('select', {
    'aria-label': `What ${name} does`,
    onchange: () => void act('account', { place, mode: mode.value }),
  });
  mode.append(...Object.entries(modes).map(([value, text]) => element('option', { value }, text)));
  const root = element('li', { data: { name } }, dot, element('b', {}, name), work, mode, words);
  let latest;

  function tick() {
    if (latest !== undefined) setText(words, stateWords(latest));
  }

  return {
    root,
    tick,
    update: (key, chosen) => {
      latest = key;
      const kind = key.inFlight > 0 ? 'working' : key.state.kind;
      root.dataset.state = kind;
      tick();
      const failed = key.calls - key.successes;
      setText(work, key.calls === 0 ? '' : `${key.successes} ✓${failed > 0 ? `  ${failed} ✗` : ''}`);
      if (document.activeElement !== mode) mode.value = chosen;
      root.dataset.mode = chosen;
    },
  };
}

function stateWords({ state: now, inFlight }) {
  if (inFlight > 0) return 'at work';
  switch (now.kind) {
    case 'cooling':
      return `${reasons[now.reason]}, wakes ${waitWords(now.untilMs)}`;
    case 'suspect':
      return 'suspect, the next call decides';
    case 'half-open':
      return 'rested, one call tries it';
    case 'benched':
      if (!now.confirmed) return `${reasons[now.reason]}, being checked`;
      return `${reasons[now.reason]}, tested ${waitWords(now.probeAtMs)}`;
    case 'probing':
      return 'being asked';
    case 'disabled':
      return 'switched off';
    default:
      return 'ready';
  }
}

export function waitWords(untilMs) {
  const seconds = Math.ceil((untilMs - serverNow()) / 1000);
  if (seconds <= 0) return 'now';
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.round(seconds / 60)} min`;
}
