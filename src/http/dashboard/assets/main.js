import { byId, say, setText } from './dom.js';
import { listen, signOut } from './server.js';
import { Part } from './state.js';
import { noteCurrency, noteServerTime, refreshMoments } from './words.js';
import { showOverview } from './overview.js';
import { startHistory } from './history.js';
import { startKeys } from './keys.js';
import { startJobs } from './jobs.js';
import { showModels } from './models.js';
import { startPeople } from './people.js';

const pollMs = 5_000;
const titles = { overview: 'Overview', keys: 'Keys', jobs: 'Jobs', models: 'Models', people: 'People' };
let current = '';
let isLive = false;
let isAnswered = true;

/** The view and what follows it in the address: `#jobs/4f2a` is the job of that id. */
function place() {
  const [name = '', ...rest] = location.hash.slice(1).split('/');
  return { view: name in titles ? name : 'overview', rest: decodeURIComponent(rest.join('/')) };
}

const isShown = (view) => current === view;
const overview = new Part(
  () => '/api/overview',
  (now) => {
    noteServerTime(now.nowMs);
    noteCurrency(now.currency);
    isAnswered = true;
    showOverview(now);
    showModels(now);
    keys.noteProviders(now.providers);
    jobs.noteProviders(now.providers);
    people.showBudgets(now.budgets);
    showLink();
  },
  () => {
    isAnswered = false;
    showLink();
  },
);
const changed = () => overview.refresh();
const keys = startKeys({ isShown: () => isShown('keys'), onChange: changed });
const jobs = startJobs({ isShown: () => isShown('jobs') });
const people = startPeople({ isShown: () => isShown('people') });
const history = startHistory({ isShown: () => isShown('overview') });

function showPlace() {
  const { view, rest } = place();
  if (view !== current) {
    const isFirst = current === '';
    current = view;
    for (const section of document.querySelectorAll('.view')) section.hidden = section.id !== `view-${view}`;
    for (const link of byId('views').querySelectorAll('a')) {
      if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${titles[view]} · Darkroom`;
    if (byId('dialog').open) byId('dialog').close();
    if (!isFirst) {
      scrollTo(0, 0);
      byId('main').focus({ preventScroll: true });
    }
  }
  if (view === 'keys') keys.open(rest);
  if (view === 'jobs') jobs.open(rest);
  if (view === 'people') people.open(rest);
  if (view === 'overview') history.refresh();
}

function showLink() {
  const [link, words] = !isAnswered ? ['down', 'no answer'] : isLive ? ['live', 'live'] : ['waiting', 'every 5 s'];
  byId('link').dataset.link = link;
  setText(byId('link'), words);
}

function refreshAll() {
  overview.refresh();
  keys.refresh();
  jobs.refresh();
}

/** Besides the overview, which every event may change. */
const ofKeys = /^(?:attempt|keys?|config)\./;
const ofJobs = /^(?:attempt|job)\./;

listen({
  onEvents: (names) => {
    overview.refresh();
    if (names.some((name) => ofKeys.test(name))) keys.refresh();
    if (names.some((name) => ofJobs.test(name))) jobs.refresh();
  },
  onLink: (live) => {
    isLive = live;
    showLink();
    refreshAll();
  },
});
addEventListener('hashchange', showPlace);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refreshAll();
});
byId('sign-out').addEventListener('click', () => {
  signOut().catch(() => say('The bot does not answer.'));
});
setInterval(refreshMoments, 1_000);
// Also while events arrive: what changes by time alone has none.
setInterval(() => {
  if (!document.hidden) refreshAll();
}, pollMs);
showPlace();
overview.refresh();
