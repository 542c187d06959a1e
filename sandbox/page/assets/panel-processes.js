import { announce, element, setText } from './dom.js';
import { describeWait } from './panel-keys.js';
import { act, state } from './server.js';

/** The section with one row per process of the bot: what it does, and a button that kills it or starts it again. */
export function createProcesses() {
  const rows = new Map();
  const list = element('ul', { class: 'processes', 'aria-label': 'Processes of the bot' });
  const hint = element(
    'p',
    { class: 'hint' },
    'They share one PostgreSQL. What a killed one had under way, the others finish: they find out within some 10 s.',
  );
  const count = element('span', { class: 'aside' });
  const whole = element('section', { hidden: true });

  function draw() {
    const processes = state.get('processes') ?? [];
    whole.hidden = processes.length === 0;
    for (const process of processes) {
      let row = rows.get(process.number);
      if (row === undefined) {
        row = createRow(process.number);
        rows.set(process.number, row);
        list.append(row.root);
      }
      row.update(process);
    }
    const running = processes.filter((process) => process.state === 'running').length;
    setText(count, `${running} of ${processes.length} run`);
  }

  return {
    whole,
    body: element('div', {}, hint, list),
    aside: count,
    draw,
    tick: () => rows.forEach((row) => row.tick()),
  };
}

function createRow(number) {
  const name = `Process ${number}`;
  const text = element('span', { class: 'process-state' });
  let latest = { state: 'starting', roles: [], jobs: 0 };
  const button = element('button', {
    type: 'button',
    onclick: async () => {
      const isDead = latest.state === 'dead';
      const isDone = (await act('process', { number, act: isDead ? 'start' : 'kill' })) !== undefined;
      if (isDone) announce(isDead ? `${name} starts.` : `${name} was killed. It starts again by itself.`);
    },
  });
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
  const root = element('li', {}, dot, element('b', {}, name), text, button);
  const tick = () => setText(text, describe(latest));
  return {
    root,
    tick,
    update: (process) => {
      latest = process;
      root.dataset.state = process.state;
      const verb = process.state === 'dead' ? 'Start now' : 'Kill';
      setText(button, verb);
      button.setAttribute('aria-label', `${verb}: ${name}`);
      button.disabled = process.state === 'starting';
      tick();
    },
  };
}

function describe({ state: now, roles, jobs, restartAtMs }) {
  const requests = jobs === 1 ? '1 request' : `${jobs} requests`;
  if (now === 'starting') return 'starting';
  if (now === 'dead') {
    const left = jobs === 0 ? '' : `, ${requests} to be taken over`;
    return `killed${left}, starts again ${describeWait(restartAtMs)}`;
  }
  const duties = [
    ...(roles.includes('telegram') ? ['polls Telegram'] : []),
    ...(roles.includes('housekeeping') ? ['keeps house'] : []),
    jobs === 0 ? 'idle' : `makes ${requests}`,
  ];
  return duties.join(', ');
}
