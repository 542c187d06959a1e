import { element, reconcile, setText } from './dom.js';
import { describeWait } from './panel-keys.js';
import { state } from './server.js';

const stateTexts = {
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

const maxChoices = 15;

/** The section with the steps of one job: the chosen one, otherwise the latest. */
export function createTimeline() {
  let chosen = '';
  const which = element('select', {
    class: 'which',
    'aria-label': 'Which request',
    hidden: true,
    onchange: () => choose(which.value),
  });
  const head = element('p', { class: 'timeline-head' });
  const steps = element('ol', { class: 'steps' });
  const pill = element('span', { class: 'aside pill' });
  const body = element('div', { class: 'timeline' }, which, head, steps);

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
    setText(pill, stateTexts[job.state]);
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

  /** Leaves the list alone while it has the focus, so that it does not change under the pointer. */
  function drawChoices(jobs, job) {
    which.hidden = jobs.length < 2;
    if (document.activeElement === which) return;
    const listed = jobs.toReversed().filter((other, index) => index < maxChoices || other === job);
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
      const text = describeWait(Number(wait.dataset.until));
      setText(wait, text === 'now' ? '' : `, continues ${text}`);
    }
  }

  return { body, aside: pill, draw, tick, choose };
}

function stepElement({ atMs, tone, title, detail, untilMs, key, model }) {
  return element(
    'li',
    { class: `step ${tone}` },
    element('time', {}, timeFormat.format(atMs)),
    element(
      'span',
      {},
      element('b', {}, title),
      key === undefined ? undefined : element('span', { class: 'with-key' }, key),
      model === undefined ? undefined : element('small', { class: 'with-model' }, model),
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
