import { announce, element } from './dom.js';
import { createExtras } from './drafted-extras.js';

let composerCount = 0;

/**
 * The input field of a chat. Enter sends. A leading `/` or the button opens the list of published commands: the arrow keys
 * move in it, Tab or Enter inserts the marked command, Escape closes it. `onSend` gets the words and what goes with them.
 */
export function createComposer({ onSend, commands }) {
  composerCount += 1;
  const listId = `commands-${composerCount}`;
  let shown = [];
  let active = -1;
  /** The button opened the list, so it stays whatever is in the field. */
  let openedByButton = false;
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
  const menu = element(
    'button',
    {
      type: 'button',
      class: 'menu',
      'aria-label': 'Commands',
      'aria-expanded': 'false',
      'aria-controls': listId,
      onclick: toggle,
      // The field keeps the focus, so that pressing the button does not count as leaving it.
      onpointerdown: (event) => event.preventDefault(),
    },
    '/',
  );
  const extras = createExtras({ onChange: () => field.focus({ preventScroll: true }), onProblem: announce });
  const send = element('button', { type: 'submit', class: 'send', 'aria-label': 'Send' });
  send.append(arrow());
  const form = element(
    'form',
    { class: 'composer', onsubmit: submit },
    list,
    extras.root,
    extras.picker,
    menu,
    extras.attach,
    field,
    send,
  );

  field.addEventListener('input', () => {
    grow();
    refresh();
  });
  field.addEventListener('keydown', onKey);
  form.addEventListener('focusout', ({ relatedTarget }) => {
    if (!form.contains(relatedTarget)) close();
  });

  function refresh() {
    const typed = /^\/(\w*)$/.exec(field.value);
    if (typed === null) return openedByButton && field.value === '' ? open(commands()) : close();
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
    for (const one of [field, menu]) one.setAttribute('aria-expanded', String(found.length > 0));
    mark();
  }

  function close() {
    list.hidden = true;
    shown = [];
    active = -1;
    openedByButton = false;
    for (const one of [field, menu]) one.setAttribute('aria-expanded', 'false');
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
    openedByButton = true;
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
    if (text === '' && !extras.hasPhoto) return;
    field.value = '';
    close();
    grow();
    void onSend(text, extras.take());
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
    replyTo: extras.replyTo,
    clearExtras: extras.clear,
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
