import { remember, remembered } from './remembered.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Follows the system's light or dark theme until the button is used; that choice is kept in local storage. */
export function startTheme(button) {
  const kept = remembered('theme');
  let chosen = kept === 'dark' || kept === 'light' ? kept : undefined;
  const show = () => {
    const isDark = chosen === undefined ? dark.matches : chosen === 'dark';
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    button.textContent = isDark ? '☀' : '☾';
    button.setAttribute('aria-label', isDark ? 'Turn the light on' : 'Turn the light off');
  };
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    remember('theme', chosen);
    show();
  });
  dark.addEventListener('change', show);
  show();
}
