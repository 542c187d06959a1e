import { element } from './dom.js';

let composerCount = 0;

/**
 * The input field of a chat. Enter sends. A leading `/` opens the list of published commands: the arrow keys move in
 * it, Tab or Enter inserts the marked command, Escape closes it.
 */
export function createComposer({ onSend, commands }) {
  composerCount += 1;
  const listId = `commands-${composerCount}`;
  let shown = [];
  let active = -1;
  let knownCommands = '';
  const list = element('ul', {
    class: 'commands',
    id: listId,
    role: 'listbox',
    hidden: true,
    'aria-label': 'Commands',
  });
  const field = element('textarea', {
    rows: 1,
    placeholder: 'Message',
    maxLength: 4096,
    role: 'combobox',
    'aria-label': 'Message',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': listId,
    spellcheck: true,
  });
  const menu = element('button', { type: 'button', class: 'menu', 'aria-label': 'Commands', onclick: toggle }, '/');
  const send = element('button', { type: 'submit', class: 'send', 'aria-label': 'Send' });
  send.append(arrow());
  const form = element('form', { class: 'composer', onsubmit: submit }, list, menu, field, send);

  field.addEventListener('input', () => {
    grow();
    refresh();
  });
  field.addEventListener('keydown', onKey);
  field.addEventListener('blur', () => setTimeout(close, 150));

  function refresh() {
    const typed = /^\/(\w*)$/.exec(field.value);
    if (typed === null) return close();
    open(commands().filter(({ command }) => command.startsWith(typed[1].toLowerCase())));
  }

  function open(found) {
    shown = found;
    active = found.length > 0 ? 0 : -1;
    list.replaceChildren(
      ...found.map(({ command, description }, index) =>
        element(
          'li',
          {
            id: `${listId}-${index}`,
            role: 'option',
            onpointerdown: (event) => {
              event.preventDefault();
              insertCommand(index);
            },
          },
          element('b', {}, `/${command}`),
          element('span', {}, description),
        ),
      ),
    );
    list.hidden = found.length === 0;
    field.setAttribute('aria-expanded', String(found.length > 0));
    mark();
  }

  function close() {
    list.hidden = true;
    shown = [];
    active = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  }

  function mark() {
    for (const [index, option] of [...list.children].entries()) {
      option.setAttribute('aria-selected', String(index === active));
      if (index === active) option.scrollIntoView({ block: 'nearest' });
    }
    if (active >= 0) field.setAttribute('aria-activedescendant', `${listId}-${active}`);
  }

  function insertCommand(index) {
    const { command } = shown[index];
    field.value = `/${command} `;
    close();
    grow();
    field.focus();
  }

  function toggle() {
    if (!list.hidden) return close();
    field.focus();
    open(commands());
  }

  function onKey(event) {
    if (!list.hidden && shown.length > 0) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        active = (active + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % shown.length;
        return mark();
      }
      const isWhole = field.value === `/${shown[active]?.command}`;
      if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey && !isWhole)) {
        event.preventDefault();
        return insertCommand(active);
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        return close();
      }
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit(event);
    }
  }

  function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (text === '') return;
    field.value = '';
    close();
    grow();
    void onSend(text);
  }

  function grow() {
    const lines = field.value.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 46)), 0);
    field.rows = Math.min(6, lines);
  }

  return {
    form,
    /** Redraws the open list when the published commands have changed. */
    refresh: () => {
      const json = JSON.stringify(commands());
      if (json !== knownCommands && document.activeElement === field) refresh();
      knownCommands = json;
    },
    focus: () => field.focus({ preventScroll: true }),
    setPlaceholder: (text) => {
      if (field.placeholder !== text) field.placeholder = text;
    },
  };
}

function arrow() {
  const space = 'http://www.w3.org/2000/svg';
  const icon = document.createElementNS(space, 'svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', 'M12 19V5m0 0-6 6m6-6 6 6');
  icon.append(path);
  return icon;
}
