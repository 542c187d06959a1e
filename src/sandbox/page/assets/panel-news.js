import { element, reconcile } from './dom.js';
import { state } from './server.js';

const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** The latest lines of the house's log, newest first. */
export function createNews() {
  const body = element('ol', { class: 'news', tabIndex: 0, 'aria-label': 'House log' });
  return {
    body,
    draw: () => {
      const news = (state.get('news') ?? []).map((line, index) => ({ ...line, index }));
      reconcile(
        body,
        news.toReversed().map(({ index: _index, ...line }) => line),
        ({ atMs, text }) => `${atMs} ${text}`,
        ({ atMs, text }) => element('li', {}, element('time', {}, timeFormat.format(atMs)), element('span', {}, text)),
      );
    },
  };
}
