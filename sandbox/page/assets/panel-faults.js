import { announce, element } from './dom.js';
import { act, state } from './server.js';

/** The section with the faults: switches that stay on, and buttons for faults that happen once. */
export function createFaults() {
  const down = toggle('Provider is down', 'Every call returns 503', (on) => act('provider', { down: on }));
  const refused = toggle('Every prompt is refused', 'The provider declines the words', (on) =>
    act('provider', { contentRefused: on }),
  );
  const held = toggle('Hold every run', 'Runs start and do not finish', (on) => act('provider', { held: on }));
  const offline = toggle('Telegram is unreachable', 'Every connection is cut', (on) =>
    act('telegram', { offline: on }),
  );
  const disk = toggle('The disk is full', 'Nothing can be written', (on) => act('disk', { full: on }));
  const body = element(
    'div',
    { class: 'faults' },
    down.root,
    refused.root,
    held.root,
    offline.root,
    disk.root,
    element(
      'div',
      { class: 'once' },
      once(
        'Telegram: 429, three times',
        () => act('telegram', { faultMode: 'limited' }),
        'The next three messages get a 429.',
      ),
      once(
        'Telegram: 502, three times',
        () => act('telegram', { faultMode: 'failing' }),
        'The next three messages get a 502.',
      ),
      once(
        'Telegram: responses get lost',
        () => act('telegram', { faultMode: 'answers-lost' }),
        'The next three messages arrive, but their responses do not.',
      ),
      once('Kill the bot', () => act('kill'), 'The bot was killed. It starts again by itself.'),
      once('A crowd asks', () => act('crowd'), 'Eight strangers ask for a picture each.'),
      once('Wake every key', () => act('wake'), 'Every cooling key takes calls again.'),
    ),
  );
  return {
    body,
    draw: () => {
      const faults = state.get('faults');
      if (faults === undefined) return;
      down.set(faults.providerDown);
      refused.set(faults.contentRefused);
      held.set(faults.held);
      offline.set(faults.telegramOffline);
      disk.set(faults.diskFull);
    },
  };
}

function toggle(label, hint, onChange) {
  const box = element('input', { type: 'checkbox', role: 'switch', onchange: () => void onChange(box.checked) });
  const root = element('label', { class: 'switch' }, box, element('span', {}, label, element('small', {}, hint)));
  return { root, set: (on) => (box.checked = on) };
}

function once(label, run, confirmation) {
  return element(
    'button',
    {
      type: 'button',
      onclick: async () => {
        if ((await run()) !== undefined) announce(confirmation);
      },
    },
    label,
  );
}
