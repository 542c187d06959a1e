import { announce, element, reconcile, setText } from './dom.js';
import { act, state } from './server.js';

const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });

/** The section with each person's subscription, as Telegram's settings have it, and what its next period brings. */
export function createStars() {
  const list = element('ul', { class: 'subscriptions', 'aria-label': 'Subscriptions' });
  const none = element('p', { class: 'key-state' }, 'There are no subscriptions yet. /premium shows what is for sale.');
  const body = element('div', {}, list, none);
  const count = element('span', { class: 'aside' });
  return {
    body,
    aside: count,
    draw: () => {
      const subscriptions = state.get('subscriptions') ?? [];
      none.hidden = subscriptions.length > 0;
      setText(count, subscriptions.length === 0 ? '' : String(subscriptions.length));
      reconcile(list, subscriptions, ({ personId }) => personId, subscriptionItem);
    },
  };
}

function subscriptionItem({ personId, name, title, stars, untilMs, canceledBy }) {
  const day = dayFormat.format(untilMs);
  const ends = canceledBy === undefined ? `renews on ${day}` : `canceled, ends on ${day}`;
  return element(
    'li',
    {},
    element('p', {}, element('b', {}, name), ` · ${title} · ⭐ ${stars}`),
    element('p', { class: 'key-state' }, ends),
    element(
      'div',
      { class: 'once' },
      button('Renew now', () => renew(personId, true)),
      button('Renew without Stars', () => renew(personId, false)),
      canceledBy === undefined
        ? button('Cancel it', () => act('subscription', { personId, canceled: true }))
        : button('Resume it', () => act('subscription', { personId, canceled: false })),
    ),
  );
}

function button(label, onclick) {
  return element('button', { type: 'button', onclick: () => void onclick() }, label);
}

/** The next period begins; a subscription that is not renewed says why. */
async function renew(personId, hasStars) {
  const answer = await act('renew', { personId, hasStars });
  if (answer?.kind === 'declined') announce(`${answer.words}.`);
}
