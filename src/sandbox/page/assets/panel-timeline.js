import { element, reconcile, setText } from './dom.js';
import { waitWords } from './panel-keys.js';
import { state } from './server.js';

const stateWords = {
  waiting: 'waiting',
  running: 'being made',
  done: 'delivered',
  failed: 'failed',
  cancelled: 'cancelled',
};
const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

const choices = 15;

/** The story of one job, step by step: the latest one unless another is chosen. */
export function createStory() {
  let chosen = '';
  const which = element('select', {
    class: 'which',
    'aria-label': 'Which request',
    hidden: true,
    onchange: () => choose(which.value),
  });
  const head = element('p', { class: 'story-head' });
  const steps = element('ol', { class: 'steps' });
  const pill = element('span', { class: 'aside pill' });
  const body = element('div', { class: 'story' }, which, head, steps);

  function choose(id) {
    chosen = id;
    draw();
  }

  function draw() {
    const jobs = state.get('jobs') ?? [];
    const job = jobs.find(({ id }) => id === chosen) ?? jobs.at(-1);
    pill.hidden = job === undefined;
    if (job === undefined) {
      setText(head, 'Ask the bot for a picture and watch what happens to the request.');
      return;
    }
    drawChoices(jobs, job);
    setText(pill, stateWords[job.state]);
    pill.dataset.state = job.state;
    const asked = job.kind === 'video' ? ' asked for a video: ' : ' asked for a picture: ';
    head.replaceChildren(element('b', {}, job.name), asked, element('q', {}, shortened(job.prompt, 90)));
    reconcile(
      steps,
      job.steps.map((step, index) => ({ ...step, index, job: job.id })),
      ({ job: id, index }) => `${id} ${index}`,
      stepElement,
    );
    tick();
  }

  /** A list that is open stays as it is. */
  function drawChoices(jobs, job) {
    which.hidden = jobs.length < 2;
    if (document.activeElement === which) return;
    const listed = jobs.toReversed().filter((other, index) => index < choices || other === job);
    reconcile(
      which,
      [
        { id: '', text: 'The latest' },
        ...listed.map(({ id, name, prompt }) => ({ id, text: `${name}: ${shortened(prompt, 40)}` })),
      ],
      ({ id }) => id,
      ({ id, text }) => element('option', { value: id }, text),
    );
    which.value = chosen;
  }

  function tick() {
    for (const wait of steps.querySelectorAll('[data-until]')) {
      const words = waitWords(Number(wait.dataset.until));
      setText(wait, words === 'now' ? '' : `, goes on ${words}`);
    }
  }

  return { body, aside: pill, draw, tick, choose };
}

function stepElement({ atMs, tone, title, detail, untilMs, key }) {
  return element(
    'li',
    { class: `step ${tone}` },
    element('time', {}, timeFormat.format(atMs)),
    element(
      'span',
      {},
      element('b', {}, title),
      key === undefined ? undefined : element('span', { class: 'with-key' }, key),
      detail === undefined
        ? undefined
        : element('small', {}, detail, untilMs === undefined ? '' : element('span', { data: { until: untilMs } })),
    ),
  );
}

function shortened(text, most) {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : text;
}
