import { element, reconcile } from './dom.js';
import { state } from './server.js';
import { createFaults } from './panel-faults.js';
import { createKeys } from './panel-keys.js';
import { createLine } from './panel-queue.js';
import { createStory } from './panel-timeline.js';

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

/** What goes on behind the scenes, section by section. */
export function createPanel(root) {
  const story = createStory();
  const parts = [
    { title: 'Keys', needs: ['keys', 'board'], ...createKeys() },
    { title: 'The line', needs: ['lines', 'jobs'], ...createLine(story.choose) },
    { title: 'This request', needs: ['jobs'], ...story },
    { title: 'Break things', needs: ['board'], ...createFaults() },
    { title: 'House log', needs: ['news'], ...createNews() },
  ];
  root.append(
    ...parts.map(({ title, body, aside }) =>
      element('section', { class: 'part' }, element('h2', {}, title, aside), body),
    ),
  );
  setInterval(() => parts.forEach(({ tick }) => tick?.()), 500);
  return {
    draw: (names) => {
      for (const { needs, draw } of parts) if (needs.some((name) => names.has(name))) draw();
    },
  };
}
