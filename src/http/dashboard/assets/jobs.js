import { byId, element, setOptions, setText, showTable, stateMark } from './dom.js';
import { Part } from './state.js';
import { number, span, timeOf } from './words.js';
import { openStory } from './job-story.js';

const pageSize = 50;
const stateNames = [
  ['', 'any'],
  ['waiting', 'waiting'],
  ['running', 'running'],
  ['ended', 'to be delivered'],
  ['told', 'delivered'],
];

/** The jobs, newest first, a page at a time; without a word of what people asked for. */
export function startJobs({ isShown }) {
  const form = byId('jobs-filter');
  const chosen = { state: '', line: '', user: '' };
  /** The last job of each page before this one. */
  let pages = [];
  let next;
  const path = () => {
    if (!isShown()) return undefined;
    const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''));
    query.set('count', String(pageSize));
    if (pages.length > 0) query.set('before', pages.at(-1));
    return `/api/jobs?${query}`;
  };
  const part = new Part(path, (page) => show(page));
  setOptions(form.elements.namedItem('state'), stateNames);

  const choose = () => {
    for (const name of Object.keys(chosen)) chosen[name] = form.elements.namedItem(name).value.trim();
    pages = [];
    part.refresh();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    choose();
  });
  form.addEventListener('change', () => {
    if (form.checkValidity()) choose();
  });

  function show({ jobs, next: following }) {
    next = following;
    showTable(byId('jobs-table'), {
      label: 'Jobs',
      keyOf: ({ id }) => id,
      none: 'There is no such job.',
      rows: jobs,
      columns,
    });
    showPager();
  }

  function showPager() {
    const pager = byId('jobs-pager');
    if (pager.childElementCount === 0) {
      const newest = () => {
        pages = [];
        part.refresh();
      };
      const older = () => {
        pages.push(next);
        part.refresh();
      };
      pager.append(
        element('span', {}),
        element(
          'div',
          {},
          element('button', { type: 'button', onclick: newest }, 'Newest'),
          element('button', { type: 'button', onclick: older }, 'Older'),
        ),
      );
    }
    const [words, buttons] = pager.children;
    setText(words, pages.length === 0 ? 'The newest jobs' : `Page ${number(pages.length + 1)}`);
    buttons.firstElementChild.disabled = pages.length === 0;
    buttons.lastElementChild.disabled = next === null;
  }

  return {
    // A page of older jobs stays as it is: rows must not move while somebody reads them.
    refresh: () => {
      if (pages.length === 0) part.refresh();
    },
    /** Shows the list; with an id also the story of that job, with `person=7` only the jobs of that person. */
    open: (rest) => {
      const [, person] = /^person=(\d{1,16})$/.exec(rest) ?? [];
      if (person !== undefined) {
        form.elements.namedItem('user').value = person;
        choose();
      } else if (rest !== '') void openStory(rest);
      part.refresh();
    },
    noteProviders: (all) =>
      setOptions(form.elements.namedItem('line'), [['', 'any'], ...all.map(({ provider }) => [provider, provider])]),
  };
}

const columns = [
  {
    name: 'Job',
    cell: ({ id, kind }) => [element('a', { href: `#jobs/${encodeURIComponent(id)}` }, id), element('small', {}, kind)],
  },
  {
    name: 'Accepted',
    cell: ({ acceptedAtMs }) =>
      element('time', { datetime: new Date(acceptedAtMs).toISOString() }, timeOf(acceptedAtMs)),
  },
  { name: 'State', cell: (job) => stateOf(job) },
  { name: 'Provider', cell: ({ line, outcome }) => [line, element('small', {}, outcome?.model ?? '')] },
  {
    name: 'Person',
    cell: ({ userId, lane }) => [
      element('a', { href: `#jobs/person=${userId}` }, String(userId)),
      element('small', {}, lane),
    ],
  },
  { name: 'Calls', isNumber: true, cell: ({ calls }) => number(calls) },
  {
    name: 'Waited',
    isNumber: true,
    cell: ({ acceptedAtMs, claimedAtMs }) => (claimedAtMs === null ? '–' : span(claimedAtMs - acceptedAtMs)),
  },
  {
    name: 'Took',
    isNumber: true,
    cell: ({ acceptedAtMs, endedAtMs }) => (endedAtMs === null ? '–' : span(endedAtMs - acceptedAtMs)),
  },
];

/** Where a job stands, in a word and, where it failed or waits, with why. */
function stateOf({ state, waiting, outcome }) {
  const why = (reason) => element('small', {}, (reason ?? '').replaceAll('-', ' '));
  if (state === 'waiting') return [stateMark('wait', 'Waiting'), why(waiting?.reason)];
  if (state === 'running') return [stateMark('cool', 'Running')];
  if (outcome?.kind === 'result') return [stateMark('good', state === 'told' ? 'Delivered' : 'To be delivered')];
  return outcome?.kind === 'failed' ? [stateMark('bad', 'Failed'), why(outcome.code)] : [stateMark('off', 'Cancelled')];
}
