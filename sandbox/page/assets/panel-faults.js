import { announce, element } from './dom.js';
import { followServer } from './follow-server.js';
import { act, state } from './server.js';

/** The section with the faults: switches that stay on, and buttons for faults that happen once. */
export function createFaults() {
  const providers = element('ul', { class: 'providers', 'aria-label': 'Providers of the chain' });
  const choices = new Map();
  const refused = toggle('Every prompt is refused', 'The provider declines the words', (on) =>
    act('provider', { contentRefused: on }),
  );
  const held = toggle('Hold every run', 'Runs start and do not finish', (on) => act('provider', { held: on }));
  const offline = toggle('Telegram is unreachable', 'Every connection is cut', (on) =>
    act('telegram', { offline: on }),
  );
  const disk = toggle('The disk is full', 'Nothing can be written', (on) => act('disk', { full: on }));
  const kill = once('Kill the bot', () => act('kill'), 'The bot was killed. It starts again by itself.');
  const body = element(
    'div',
    { class: 'faults' },
    providers,
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
      kill,
      once('A crowd asks', () => act('crowd'), 'Eight strangers ask for a picture each.'),
      once('Wake every key', () => act('wake'), 'Every cooling key takes calls again.'),
    ),
  );
  return {
    body,
    draw: () => {
      const faults = state.get('faults');
      if (faults === undefined) return;
      for (const { name, modes, mode } of faults.providers) {
        let choice = choices.get(name);
        if (choice === undefined) {
          choice = providerChoice(name, modes);
          choices.set(name, choice);
          providers.append(choice.root);
        }
        choice.set(mode);
      }
      refused.set(faults.contentRefused);
      held.set(faults.held);
      offline.set(faults.telegramOffline);
      disk.set(faults.diskFull);
      // Several processes have a button each, and share a database that is not on their disk.
      kill.hidden = state.has('processes');
      disk.root.hidden = state.has('processes');
    },
  };
}

const modeTexts = {
  working: 'works',
  down: 'is down',
  empty: 'serves no model',
  refusing: 'declines every request',
};

/** What one provider of the chain does from its next call on. */
function providerChoice(name, modes) {
  const choice = element('select', { 'aria-label': `What ${name} does` });
  choice.append(...modes.map((mode) => element('option', { value: mode }, modeTexts[mode])));
  return {
    root: element('li', {}, element('b', {}, name), choice),
    set: followServer(choice, 'value', (mode) => act('chain-provider', { name, mode })),
  };
}

function toggle(label, hint, onChange) {
  const box = element('input', { type: 'checkbox', role: 'switch' });
  const root = element('label', { class: 'switch' }, box, element('span', {}, label, element('small', {}, hint)));
  return { root, set: followServer(box, 'checked', onChange) };
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
