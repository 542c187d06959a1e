/** Keeps small values in the browser, so that a page that is loaded again goes on as it was. */
export function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Without storage the value holds until the page is left.
  }
}

/** Returns the kept value; undefined when there is none or it cannot be read. */
export function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
