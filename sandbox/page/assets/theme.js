const dark = matchMedia('(prefers-color-scheme: dark)');

/** Follows the system's light or dark theme until the button is used; that choice is kept in local storage. */
export function startTheme(button) {
  let chosen = remembered();
  const show = () => {
    const isDark = chosen === undefined ? dark.matches : chosen === 'dark';
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    button.textContent = isDark ? '☀' : '☾';
    button.setAttribute('aria-label', isDark ? 'Turn the light on' : 'Turn the light off');
  };
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    remember(chosen);
    show();
  });
  dark.addEventListener('change', show);
  show();
}

function remembered() {
  try {
    const theme = localStorage.getItem('theme');
    return theme === 'dark' || theme === 'light' ? theme : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme) {
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // Without storage the choice holds until the page is left.
  }
}
