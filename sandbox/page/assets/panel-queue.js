import { element, reconcile, setText } from './dom.js';
import { state } from './server.js';

const laneTitles = { premium: 'Premium lane', free: 'Free lane' };

/** The section with the queue: the running jobs with their keys, and the waiting jobs of each lane in their order. */
export function createQueue(onChoose) {
  const running = lane('Being made');
  const lanes = { premium: lane(laneTitles.premium), free: lane(laneTitles.free) };
  const body = element('div', { class: 'queue' }, running.root, lanes.premium.root, lanes.free.root);
  const count = element('span', { class: 'aside' });

  function draw() {
    const jobs = state.get('jobs') ?? [];
    const lines = state.get('lines') ?? [];
    const sum = (read) => lines.reduce((total, line) => total + read(line), 0);
    const waiting = { premium: sum((line) => line.waiting.premium), free: sum((line) => line.waiting.free) };
    const active = jobs.filter((job) => job.state === 'running');
    running.draw(active, active.length, onChoose, (job) => job.steps.findLast(({ key }) => key !== undefined)?.key);
    for (const name of ['premium', 'free']) {
      const queue = jobs.filter((job) => job.state === 'waiting' && job.lane === name);
      queue.sort((one, other) => one.ahead - other.ahead);
      lanes[name].draw(queue, waiting[name], onChoose, () => undefined);
    }
    const all = waiting.premium + waiting.free;
    setText(count, all + active.length === 0 ? 'empty' : `${active.length} running, ${all} waiting`);
  }

  return { body, aside: count, draw };
}

function lane(title) {
  const number = element('span', { class: 'lane-count' });
  const list = element('ul', { class: 'places' });
  const root = element('div', { class: 'lane' }, element('h3', {}, title, number), list);
  return {
    root,
    draw: (jobs, count, onChoose, noteFor) => {
      setText(number, String(count));
      root.classList.toggle('empty', count === 0);
      const items = jobs
        .slice(0, 12)
        .map((job) => ({ id: job.id, name: job.name, prompt: job.prompt, note: noteFor(job) }));
      reconcile(
        list,
        items,
        ({ id }) => id,
        ({ id, name, prompt, note }) =>
          element(
            'li',
            {},
            element(
              'button',
              { type: 'button', class: 'place', title: prompt, onclick: () => onChoose(id) },
              element('b', {}, name),
              note === undefined ? undefined : element('span', {}, note),
            ),
          ),
      );
    },
  };
}
