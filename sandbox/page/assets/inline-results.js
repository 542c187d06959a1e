import { element } from './dom.js';
import { act, state } from './server.js';

/** Like the apps of Telegram, the page asks when somebody pauses. */
const pauseMs = 300;

/** The name of the bot with its @, as it begins an inline query. */
export function botName() {
  const bot = state.get('settings')?.bot;
  return bot === undefined ? undefined : `@${bot}`;
}

/**
 * What the bot offers in inline mode while somebody types its name and words. `where` gives the chat; `onChosen` is called
 * when a result was posted there, `onStart` with the parameter of the button that leads to the chat with the bot.
 */
export function createInlineResults({ where, onChosen, onStart }) {
  const root = element('div', { class: 'inline-results', role: 'group', 'aria-label': 'Inline results', hidden: true });
  let timer;
  let asked = 0;

  function look(text) {
    clearTimeout(timer);
    asked += 1;
    const query = queryIn(text);
    if (query === undefined) return close();
    const number = asked;
    timer = setTimeout(() => void ask(query, '', number), pauseMs);
  }

  async function ask(query, offset, number) {
    const offered = await act('inline', { ...where(), query, offset });
    if (number !== asked || offered === undefined) return;
    const { results, button, nextOffset } = offered;
    const shown = results.map(resultButton);
    if (offset === '') {
      const start =
        button && element('button', { type: 'button', class: 'start', onclick: () => begin(button) }, button.text);
      root.replaceChildren(...(start === undefined ? [] : [start]), element('ul', {}));
      if (shown.length === 0) root.append(element('p', {}, 'Nothing of yours has these words.'));
    }
    root.querySelector('.further')?.remove();
    root.querySelector('ul').append(...shown.map((one) => element('li', {}, one)));
    if (nextOffset !== '') {
      const more = () => void ask(query, nextOffset, number);
      root.append(element('button', { type: 'button', class: 'further', onclick: more }, 'More'));
    }
    root.hidden = false;
  }

  function resultButton({ type, fileId, title }) {
    const label = title ?? type;
    const address = `/api/files/${fileId}`;
    const seen =
      type === 'photo'
        ? element('img', { src: address, alt: '', loading: 'lazy' })
        : element('span', { class: 'kind', 'aria-hidden': 'true' }, signs[type] ?? '📄');
    const choose = async () => {
      close();
      if ((await act('inline-result', { ...where(), fileId })) !== undefined) onChosen();
    };
    return element(
      'button',
      { type: 'button', 'aria-label': `Post: ${label}`, onclick: () => void choose() },
      seen,
      label,
    );
  }

  function begin({ parameter }) {
    close();
    onStart(parameter);
  }

  function close() {
    clearTimeout(timer);
    asked += 1;
    root.hidden = true;
    root.replaceChildren();
  }

  return { root, look, close };
}

const signs = { video: '🎬', mpeg4_gif: '🎬', audio: '🎵', voice: '🎙', document: '📄' };

/** The words after the bot's name with which the text begins; undefined for other texts. */
function queryIn(text) {
  const name = botName();
  if (name === undefined || !text.toLowerCase().startsWith(`${name.toLowerCase()} `)) return undefined;
  return text.slice(name.length + 1).slice(0, 256);
}
