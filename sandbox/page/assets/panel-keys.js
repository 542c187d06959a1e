import { element, setText } from './dom.js';
import { followServer } from './follow-server.js';
import { act, serverNow, state } from './server.js';

const modeTexts = {
  healthy: 'works',
  refused: 'is refused (401)',
  'no-credit': 'is out of credit (402)',
  limited: 'is rate-limited (429)',
  concurrency: 'has its seat taken (429)',
  failing: 'fails (500)',
  hanging: 'hangs',
  slow: 'is slow (5 s)',
};
const reasonTexts = {
  'rate-limited': 'rate-limited',
  concurrency: 'seat taken',
  'timed-out': 'timed out',
  'fails-alone': 'fails while others work',
  window: 'calls used up',
  rejected: 'refused',
  'out-of-credit': 'out of credit',
};

/** The key states in which a key takes calls. */
const availableStates = new Set(['ready', 'suspect', 'half-open']);

/** The section with one row per key: its state, when it is ready again, and a choice of how its account behaves. */
export function createKeys() {
  const rows = new Map();
  const list = element('ul', { class: 'keys' });
  const hint = element('p', { class: 'hint' }, 'Choose how a key behaves from its next call on.');
  const body = element('div', {}, hint, list);
  const count = element('span', { class: 'aside' });

  function draw() {
    const keys = state.get('keys') ?? [];
    const { accounts = [] } = state.get('faults') ?? {};
    if (accounts.length === 0) return;
    for (const [index, key] of keys.entries()) {
      let row = rows.get(key.name);
      if (row === undefined) {
        row = createRow(key.name, index + 1, accounts[index]?.name);
        rows.set(key.name, row);
        list.append(row.root);
      }
      row.update(key, accounts[index]?.mode ?? 'scripted');
    }
    setText(count, `${keys.filter((key) => availableStates.has(key.state.kind)).length} of ${keys.length} ready`);
  }

  return { body, aside: count, draw, tick: () => rows.forEach((row) => row.tick()) };
}

/** `origin` says how the account behaves by itself; without one its behaviour is not chosen here. */
function createRow(name, place, origin) {
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
  const stateText = element('span', { class: 'key-state' });
  const counts = element('span', { class: 'key-work' });
  const mode = element('select', { 'aria-label': `What ${name} does` });
  const choices = { scripted: `${origin ?? ''} (as it came)`, ...modeTexts };
  mode.hidden = origin === undefined;
  mode.append(...Object.entries(choices).map(([value, text]) => element('option', { value }, text)));
  const root = element('li', { data: { name } }, dot, element('b', {}, name), counts, mode, stateText);
  const setMode = followServer(mode, 'value', (chosen) => act('account', { place, mode: chosen }));
  let latest;

  function tick() {
    if (latest !== undefined) setText(stateText, describeState(latest));
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
      setText(counts, key.calls === 0 ? '' : `${key.successes} ✓${failed > 0 ? `  ${failed} ✗` : ''}`);
      setMode(chosen);
      root.dataset.mode = chosen;
      mode.title = choices[mode.value] ?? '';
    },
  };
}

function describeState({ state: now, inFlight }) {
  if (inFlight > 0) return 'at work';
  switch (now.kind) {
    case 'cooling':
      return `${reasonTexts[now.reason]}, wakes ${describeWait(now.untilMs)}`;
    case 'suspect':
      return 'on probation, the next call decides';
    case 'half-open':
      return 'cooldown over, one call tests it';
    case 'benched':
      if (!now.confirmed) return `${reasonTexts[now.reason]}, being checked`;
      return `${reasonTexts[now.reason]}, tested ${describeWait(now.probeAtMs)}`;
    case 'probing':
      return 'being tested';
    case 'disabled':
      return 'switched off';
    default:
      return 'ready';
  }
}

/** How long until a time of the server's clock, as `now`, `in 12 s` or `in 3 min`. */
export function describeWait(untilMs) {
  const seconds = Math.ceil((untilMs - serverNow()) / 1000);
  if (seconds <= 0) return 'now';
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.round(seconds / 60)} min`;
}
