/**
 * Creates an element. Strings among the children become text, never HTML; properties that start with `on` become
 * listeners.
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'class') made.className = value;
    else if (key === 'data') Object.assign(made.dataset, value);
    else if (key in made && !key.startsWith('aria')) made[key] = value;
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/**
 * Makes the parent's children match the items, one child for each key. A child is replaced only when its item has
 * changed, and its replacement takes over the keyboard focus.
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
      const made = make(item, child !== undefined);
      made.dataset.key = key;
      made.sourceJson = json;
      if (child !== undefined) replaceKeepingFocus(child, made);
      child = made;
    }
    const place = before === null ? parent.firstElementChild : before.nextElementSibling;
    if (place !== child) parent.insertBefore(child, place);
    before = child;
  }
  for (const gone of known.values()) gone.remove();
}

const focusable = 'button, a[href], select, summary, video';

function replaceKeepingFocus(old, made) {
  const index = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
  const hadFocus = index >= 0 || old === document.activeElement;
  old.replaceWith(made);
  if (!hadFocus) return;
  const next = made.querySelectorAll(focusable);
  if (next.length > 0) next[Math.min(Math.max(index, 0), next.length - 1)].focus({ preventScroll: true });
  else made.closest('.pane')?.querySelector('textarea')?.focus({ preventScroll: true });
}

/** Sets the text of an element when it differs, so that live regions stay silent otherwise. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Shows a short message for some seconds, in a live region that screen readers speak. */
export function announce(text) {
  const toasts = document.querySelector('#toasts');
  const toast = element('p', { class: 'toast' }, text);
  toasts.append(toast);
  while (toasts.childElementCount > 3) toasts.firstElementChild.remove();
  setTimeout(() => toast.remove(), Math.min(9000, 2600 + text.length * 45));
}
