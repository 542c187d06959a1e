/**
 * Creates an element. Strings among the children become text, never HTML; properties that start with `on` become
 * listeners, `data` becomes data attributes.
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'class') made.className = value;
    else if (key === 'data') Object.assign(made.dataset, value);
    else if (key in made && !key.startsWith('aria') && key !== 'role' && key !== 'list') made[key] = value;
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== ''));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

const focusable = 'button, a[href], select, input, summary';

/**
 * Makes the parent's children match the items, one child for each key. A child is replaced only when its item has
 * changed; its replacement takes over the keyboard focus.
 */
export function reconcile(parent, items, keyOf, make) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let before = null;
  for (const item of items) {
    const key = String(keyOf(item));
    const json = JSON.stringify(item);
    let child = known.get(key);
    known.delete(key);
    if (child === undefined || child.sourceJson !== json) {
      const made = make(item);
      made.dataset.key = key;
      made.sourceJson = json;
      if (child !== undefined) replaceKeepingFocus(child, made);
      child = made;
    }
    const place = before === null ? parent.firstElementChild : before.nextElementSibling;
    if (place !== child) parent.insertBefore(child, place);
    before = child;
  }
  for (const gone of known.values()) {
    const hadFocus = gone.contains(document.activeElement);
    gone.remove();
    // What was focused is gone: the keyboard goes on from the view.
    if (hadFocus) byId('main').focus({ preventScroll: true });
  }
}

function replaceKeepingFocus(old, made) {
  const index = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
  old.replaceWith(made);
  if (index < 0) return;
  const next = made.querySelectorAll(focusable);
  next[Math.min(index, next.length - 1)]?.focus({ preventScroll: true });
}

/** Sets the text of an element when it differs. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Shows rows in a table. A column has a name and a cell for each row: text, elements or a list of both. The roles stand in
 * the markup, because the table is shown as cards on a narrow screen.
 */
export function showTable(table, { label, columns, rows, keyOf, none }) {
  if (table.tBodies.length === 0) {
    table.setAttribute('role', 'table');
    table.setAttribute('aria-label', label);
    const heads = columns.map(({ name, isNumber }) =>
      element('th', { scope: 'col', role: 'columnheader', class: isNumber ? 'number' : undefined }, name),
    );
    const head = element('tr', { role: 'row' }, heads);
    table.append(element('thead', { role: 'rowgroup' }, head), element('tbody', { role: 'rowgroup' }));
  }
  const body = table.tBodies[0];
  const items = rows.length === 0 ? [{ none }] : rows;
  const keyOfItem = (row) => (rows.length === 0 ? 'none' : keyOf(row));
  reconcile(body, items, keyOfItem, (row) => {
    if (rows.length === 0) {
      const cell = element('td', { class: 'none', role: 'cell', colSpan: columns.length }, row.none);
      return element('tr', { role: 'row' }, cell);
    }
    const cells = columns.map(({ name, cell, isNumber, isWide }, index) => {
      const content = [cell(row)].flat();
      const isEmpty = content.every((part) => part === undefined || part === '');
      const kind = [isNumber && 'number', isWide && 'wide', isEmpty && 'empty'].filter(Boolean).join(' ');
      return index === 0
        ? element('th', { scope: 'row', role: 'rowheader' }, content)
        : element(
            'td',
            { role: 'cell', class: kind || undefined, data: isWide ? {} : { name } },
            element('div', {}, content),
          );
    });
    return element('tr', { role: 'row' }, cells);
  });
}

/** A word for a state with a mark in its colour; `tone` is good, cool, wait, bad or off. */
export function stateMark(tone, words) {
  return element('span', { class: 'state', data: { tone } }, words);
}

/** A bar whose parts are as long as their numbers; the numbers themselves stand beside it as text. */
export function bar(parts) {
  const made = element('span', { class: 'bar', 'aria-hidden': 'true' });
  for (const [name, size] of parts) {
    if (size <= 0) continue;
    const part = element('i', { class: name });
    part.style.flexGrow = String(size);
    made.append(part);
  }
  return made;
}

/** Shows a short sentence for some seconds, which screen readers speak. */
export function say(text) {
  const line = element('p', {}, text);
  const said = byId('said');
  said.append(line);
  while (said.childElementCount > 3) said.firstElementChild.remove();
  setTimeout(() => line.remove(), Math.min(15_000, 6_000 + text.length * 50));
}

/** Fills a select with options as [value, words], and keeps what is chosen. */
export function setOptions(select, options) {
  const json = JSON.stringify(options);
  if (select.sourceJson === json) return;
  const chosen = select.value;
  select.sourceJson = json;
  select.replaceChildren(...options.map(([value, words]) => element('option', { value }, words)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** Opens the dialog with this title and content; Escape and its button close it. */
export function openDialog(title, content, onClose = () => undefined) {
  const dialog = byId('dialog');
  const close = element('button', { type: 'button', onclick: () => dialog.close() }, 'Close');
  const head = element('div', { class: 'head' }, element('h2', { id: 'dialog-title' }, title), close);
  dialog.replaceChildren(head, ...content);
  dialog.addEventListener('close', onClose, { once: true });
  if (!dialog.open) dialog.showModal();
  return dialog;
}
