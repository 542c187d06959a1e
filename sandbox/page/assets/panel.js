import { element, reconcile } from './dom.js';
import { state } from './server.js';
import { createFaults } from './panel-faults.js';
import { createKeys } from './panel-keys.js';
import { createProcesses } from './panel-processes.js';
import { createQueue } from './panel-queue.js';
import { createStars } from './panel-stars.js';
import { createTimeline } from './panel-timeline.js';

const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** The section with the latest log lines of the bot, newest first. */
function createEventLog() {
  const body = element('ol', { class: 'event-log', tabIndex: 0, 'aria-label': 'Event log' });
  return {
    body,
    draw: () => {
      const lines = (state.get('log') ?? []).map((line, index) => ({ ...line, index }));
      reconcile(
        body,
        lines.toReversed().map(({ index: _index, ...line }) => line),
        ({ atMs, text }) => `${atMs} ${text}`,
        ({ atMs, text }) => element('li', {}, element('time', {}, timeFormat.format(atMs)), element('span', {}, text)),
      );
    },
  };
}

/** The panel beside the chats: one section each for processes (where there are several), keys, queue, one request, faults and log. */
export function createPanel(root) {
  const timeline = createTimeline();
  const sections = [
    { title: 'Processes', needs: ['processes'], ...createProcesses() },
    { title: 'Keys', needs: ['keys', 'faults'], ...createKeys() },
    { title: 'Queue', needs: ['lines', 'jobs'], ...createQueue(timeline.choose) },
    { title: 'This request', needs: ['jobs'], ...timeline },
    { title: 'Break things', needs: ['faults', 'processes'], ...createFaults() },
    { title: 'Play Stars', needs: ['subscriptions'], ...createStars() },
    { title: 'Event log', needs: ['log'], ...createEventLog() },
  ];
  root.append(
    ...sections.map(({ title, body, aside, whole = element('section') }) => {
      whole.classList.add('part');
      whole.append(element('h2', {}, title, aside), body);
      return whole;
    }),
  );
  setInterval(() => sections.forEach(({ tick }) => tick?.()), 500);
  return {
    draw: (names) => {
      for (const { needs, draw } of sections) if (needs.some((name) => names.has(name))) draw();
    },
  };
}
