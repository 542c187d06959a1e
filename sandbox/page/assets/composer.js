import { announce, element } from './dom.js';
import { createExtras } from './drafted-extras.js';
import { botName, createInlineResults } from './inline-results.js';

let composerCount = 0;

/**
 * The input field of a chat. Enter sends. A leading `/` or the button opens the list of published commands: the arrow keys
 * move in it, Tab or Enter inserts the marked command, Escape closes it; an `@` offers the bot's name, and behind it words ask
 * for results of inline mode in the chat that `where` gives. `onSend` gets the words and what goes with them, `onStart` the
 * parameter of a link to the bot.
 */
export function createComposer({ onSend, onStart, commands, where }) {
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
  const inline = createInlineResults({
    where,
    onChosen: () => empty(),
    onStart: (parameter) => (empty(), onStart(parameter)),
  });
  const send = element('button', { type: 'submit', class: 'send', 'aria-label': 'Send' });
  send.append(arrow());
  const form = element(
    'form',
    { class: 'composer', onsubmit: submit },
    list,
    inline.root,
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
    inline.look(field.value);
  });
  field.addEventListener('keydown', onKey);
  form.addEventListener('focusout', ({ relatedTarget }) => {
    if (!form.contains(relatedTarget)) close();
  });

  function refresh() {
    const typed = /^\/(\w*)$/.exec(field.value);
    const name = botName();
    if (name !== undefined && /^@\w*$/.test(field.value) && name.startsWith(field.value)) {
      return open([{ insert: name, description: 'Your own results, to post here' }]);
    }
    if (typed === null) return openedByButton && field.value === '' ? open(published()) : close();
    open(published().filter(({ insert }) => insert.startsWith(`/${typed[1].toLowerCase()}`)));
  }

  function published() {
    return commands().map(({ command, description }) => ({ insert: `/${command}`, description }));
  }

  function open(found) {
    shown = found;
    active = found.length > 0 ? 0 : -1;
    list.replaceChildren(
      ...found.map(({ insert, description }, index) =>
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
          element('b', {}, insert),
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
    const { insert } = shown[index];
    field.value = `${insert} `;
    close();
    grow();
    inline.look(field.value);
    field.focus();
  }

  function toggle() {
    if (!list.hidden) return close();
    field.focus();
    openedByButton = true;
    open(published());
  }

  function onKey(event) {
    if (!list.hidden && shown.length > 0) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        active = (active + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % shown.length;
        return mark();
      }
      const isWhole = field.value === shown[active]?.insert;
      if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey && !isWhole)) {
        event.preventDefault();
        return insertCommand(active);
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        return close();
      }
    }
    if (event.key === 'Escape' && !inline.root.hidden) return inline.close();
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit(event);
    }
  }

  function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (text === '' && !extras.hasPhoto) return;
    empty();
    inline.close();
    void onSend(text, extras.take());
  }

  function empty() {
    field.value = '';
    close();
    grow();
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
