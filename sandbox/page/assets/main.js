import { announce, element, setText } from './dom.js';
import { createPane } from './pane.js';
import { createPanel } from './panel.js';
import { remember, remembered } from './remembered.js';
import { onPressAnswered, listen, state } from './server.js';
import { startTheme } from './theme.js';

const holder = document.querySelector('#panes');
const linkState = document.querySelector('#link-state');
const toggle = document.querySelector('#panel-toggle');
const panel = createPanel(document.querySelector('#panel'));
const maxPanes = 3;
let panes = [];
let linked = true;

function showPanes(count, places = []) {
  const people = state.get('people') ?? [];
  const { first } = state.get('settings');
  const order = [...people.filter(({ id }) => id === first), ...people.filter(({ id }) => id !== first)];
  while (panes.length > count) panes.pop().root.remove();
  while (panes.length < count) {
    const free = order.find(({ id }) => !panes.some(({ personId }) => personId === id)) ?? order[0];
    const { personId, chatId } = places[panes.length] ?? { personId: free.id, chatId: free.id };
    const pane = createPane(personId, chatId, keepPlaces);
    panes.push(pane);
    holder.append(pane.root);
    pane.draw();
  }
  holder.dataset.count = String(count);
  for (const button of countButtons) button.setAttribute('aria-pressed', String(button.value === String(count)));
  keepPlaces();
}

function keepPlaces() {
  remember(
    'panes',
    panes.map(({ place }) => place),
  );
}

/** The panes of the last visit, as far as their people and chats still exist. */
function keptPlaces() {
  const people = state.get('people');
  const { group } = state.get('settings');
  const kept = remembered('panes');
  const known = (Array.isArray(kept) ? kept : []).filter(
    (place) =>
      people.some(({ id }) => id === place?.personId) && (place.chatId === place.personId || place.chatId === group.id),
  );
  return known.slice(0, maxPanes);
}

const countButtons = Array.from({ length: maxPanes }, (_, index) =>
  element(
    'button',
    {
      type: 'button',
      value: String(index + 1),
      'aria-label': index === 0 ? 'One person' : `${index + 1} people`,
      onclick: () => showPanes(index + 1),
    },
    String(index + 1),
  ),
);
document.querySelector('#pane-count').append(...countButtons);

function showPanel(open) {
  document.body.classList.toggle('panel-open', open);
  toggle.setAttribute('aria-expanded', String(open));
  toggle.textContent = open ? 'Back to the chat' : 'Behind the scenes';
}

toggle.addEventListener('click', () => showPanel(!document.body.classList.contains('panel-open')));
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && document.body.classList.contains('panel-open')) showPanel(false);
});

function showLinkState() {
  const isDown = state.get('faults')?.botRunning === false;
  const text = isDown ? 'The bot is down; it starts again by itself …' : '';
  setText(linkState, linked ? text : 'The demo does not respond; trying again …');
}

startTheme(document.querySelector('#theme'));

listen({
  onPatch: (names) => {
    if (panes.length === 0 && state.has('people') && state.has('settings')) {
      const places = keptPlaces();
      showPanes(Math.max(1, places.length), places);
      panes[0].focus();
    }
    for (const pane of panes) if (pane.concerns(names)) pane.draw();
    panel.draw(names);
    if (names.has('faults')) showLinkState();
  },
  onBroadcast: (name, event) => {
    if (name === 'action') for (const pane of panes) pane.showAction(event);
    else if (name === 'answer') onPressAnswered(event, (userId) => panes.some(({ personId }) => personId === userId));
    else announce(event.text);
  },
  onLink: (isLinked) => {
    linked = isLinked;
    showLinkState();
  },
});
