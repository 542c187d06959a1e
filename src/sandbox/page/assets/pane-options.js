import { element } from './dom.js';

/** Gives a select its options and its value, unless somebody is choosing right now. */
export function showOptions(select, pairs, value) {
  const json = JSON.stringify(pairs);
  if (select.sourceJson !== json) {
    select.replaceChildren(...pairs.map(([key, text]) => element('option', { value: String(key) }, text)));
    select.sourceJson = json;
  }
  if (document.activeElement !== select || select.value === '') select.value = String(value);
}

/** A language in its own words. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
