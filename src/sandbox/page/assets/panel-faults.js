import { announce, element } from './dom.js';
import { act, state } from './server.js';

/** Switches that stay, and things that happen once. */
export function createFaults() {
  const down = toggle('Provider is down', 'Every call answers 503', (on) => act('provider', { down: on }));
  const held = toggle('Hold every run', 'Pictures are begun and never end', (on) => act('provider', { held: on }));
  const offline = toggle('Telegram is unreachable', 'Every connection is cut', (on) =>
    act('telegram', { offline: on }),
  );
  const body = element(
    'div',
    { class: 'faults' },
    down.root,
    held.root,
    offline.root,
    element(
      'div',
      { class: 'once' },
      once(
        'Telegram: 429, three times',
        () => act('telegram', { trouble: 'limited' }),
        'The next three messages meet a 429.',
      ),
      once(
        'Telegram: 502, three times',
        () => act('telegram', { trouble: 'failing' }),
        'The next three messages meet a 502.',
      ),
      once(
        'Telegram: answers get lost',
        () => act('telegram', { trouble: 'answers-lost' }),
        'Three messages arrive, their answers do not.',
      ),
      once('A crowd asks', () => act('crowd'), 'Eight strangers ask for a picture each.'),
      once('Wake every key', () => act('wake'), 'Resting keys are back at work.'),
    ),
  );
  return {
    body,
    draw: () => {
      const board = state.get('board');
      if (board === undefined) return;
      down.set(board.providerDown);
      held.set(board.held);
      offline.set(board.telegramOffline);
    },
  };
}

function toggle(label, hint, onChange) {
  const box = element('input', { type: 'checkbox', role: 'switch', onchange: () => void onChange(box.checked) });
  const root = element('label', { class: 'switch' }, box, element('span', {}, label, element('small', {}, hint)));
  return { root, set: (on) => (box.checked = on) };
}

function once(label, happen, words) {
  return element(
    'button',
    {
      type: 'button',
      onclick: async () => {
        if ((await happen()) !== undefined) announce(words);
      },
    },
    label,
  );
}
