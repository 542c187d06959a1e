import { element } from './dom.js';
import { createFaults } from './panel-faults.js';
import { createKeys } from './panel-keys.js';
import { createLine } from './panel-line.js';
import { createNews } from './panel-news.js';
import { createStory } from './panel-story.js';

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
