import { bar, byId, element, openDialog, reconcile, say, setText, showTable } from './dom.js';
import { read } from './server.js';
import { Part } from './state.js';
import { moment, money, number, plural, serverNow, share } from './words.js';

/** Spending against budgets, and people by number. */
export function startPeople({ isShown }) {
  const part = new Part(
    () => (isShown() ? '/api/history/spending' : undefined),
    ({ people, peopleInAll, clients }) => {
      showClients(clients);
      const listed = people.length < peopleInAll ? `The ${people.length} of ${number(peopleInAll)} who cost most.` : '';
      setText(byId('spenders-lead'), `Answered calls and what they cost, as far as prices are known. ${listed}`);
      showTable(byId('spenders'), {
        label: 'People by what they cost',
        keyOf: ({ userId }) => userId,
        none: 'Nobody has been answered yet.',
        rows: people,
        columns,
      });
    },
  );
  return {
    refresh: () => part.refresh(),
    /** Shows the list; with a number also that person. */
    open: (rest) => {
      part.refresh();
      if (/^\d{1,16}$/.test(rest)) void openPerson(rest);
    },
    showBudgets: (budgets) => {
      const items = budgets.length === 0 ? [{ of: 'none' }] : budgets;
      reconcile(byId('budgets'), items, ({ of }) => of, budgetItem);
    },
  };
}

/** What is known of a person, in a dialog; no words of theirs. */
async function openPerson(id) {
  let person;
  try {
    person = await read(`/api/people/${id}`);
  } catch (error) {
    say(error.message);
    location.hash = '#people';
    return;
  }
  const { lane, locale, premiumUntilMs, usedToday, openJobs } = person;
  const used = Object.entries(usedToday).filter(([, count]) => count > 0);
  const until = premiumUntilMs !== null && premiumUntilMs > serverNow() ? [', until ', moment(premiumUntilMs)] : [];
  const today = used.length === 0 ? 'nothing' : used.map(([kind, count]) => `${kind} ${number(count)}`).join(', ');
  const facts = element(
    'div',
    { class: 'facts' },
    element('p', {}, `In the ${lane} lane`, ...until, locale === null ? '' : `, language ${locale}`, '.'),
    element('p', {}, `Asked for today: ${today}. Open requests: ${number(openJobs)}.`),
    element('p', {}, element('a', { href: `#jobs/person=${id}` }, 'Jobs of this person')),
  );
  openDialog(`Person ${id}`, [facts], () => {
    if (location.hash.startsWith('#people/')) history.replaceState(null, '', '#people');
  });
}

/** Programs that use the keys; nothing is said of them where there is no gateway. */
function showClients(clients) {
  byId('clients-part').hidden = clients === undefined;
  if (clients === undefined) return;
  showTable(byId('clients'), {
    label: 'Clients of the gateway',
    keyOf: ({ name }) => name,
    none: 'There is no client yet; “darkroom clients add” makes one.',
    rows: clients,
    columns: clientColumns,
  });
}

const clientColumns = [
  { name: 'Client', cell: ({ name, lane }) => [name, element('small', {}, `${lane} lane`)] },
  { name: 'Kinds', cell: ({ kinds }) => (kinds === undefined ? 'all' : kinds.join(', ')) },
  {
    name: 'Rate',
    isNumber: true,
    cell: ({ ratePerMinute }) => (ratePerMinute === undefined ? 'no limit' : `${number(ratePerMinute)} a minute`),
  },
  {
    name: 'Today',
    isNumber: true,
    cell: ({ spentToday, budgetPerDay }) =>
      budgetPerDay === undefined ? money(spentToday) : `${money(spentToday)} of ${money(budgetPerDay)}`,
  },
  { name: 'Answered calls', isNumber: true, cell: ({ calls }) => plural(calls, 'call') },
  { name: 'Cost', isNumber: true, cell: ({ usd }) => money(usd) },
];

const budgetNames = { all: 'All providers', 'each person': 'The person who spent most' };

function budgetItem({ of, spent, limit }) {
  if (limit === undefined) return element('li', {}, 'Nothing is limited; BUDGET_PER_DAY sets a limit.');
  const tone = spent >= limit ? 'over' : spent >= 0.8 * limit ? 'near' : 'used';
  return element(
    'li',
    {},
    element('h3', {}, budgetNames[of] ?? of),
    bar([
      [tone, Math.min(spent, limit)],
      ['rest', Math.max(0, limit - spent)],
    ]),
    element('span', {}, `${money(spent)} of ${money(limit)}, ${share(spent, limit)}`),
  );
}

const columns = [
  {
    name: 'Person',
    cell: ({ userId }) =>
      userId === 0 ? 'people whose data was deleted' : element('a', { href: `#people/${userId}` }, String(userId)),
  },
  { name: 'Answered calls', isNumber: true, cell: ({ calls }) => plural(calls, 'call') },
  { name: 'Cost', isNumber: true, cell: ({ usd }) => money(usd) },
];
