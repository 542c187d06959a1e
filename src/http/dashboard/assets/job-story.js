import { byId, element, openDialog, say } from './dom.js';
import { act, read } from './server.js';
import { plural, span, timeOf } from './words.js';

/** Shows every call of a job in a dialog; closing it leads back to the list. */
export async function openStory(id) {
  let story;
  try {
    story = await read(`/api/overview/jobs/${encodeURIComponent(id)}`);
  } catch (error) {
    say(error.message);
    location.hash = '#jobs';
    return;
  }
  const { job, words, calls } = story;
  const facts = element(
    'div',
    { class: 'facts' },
    element('p', {}, `A job of kind ${job.kind} for person ${job.userId}, ${job.lane} lane, ${words}.`),
    element('p', { class: 'quiet' }, `Accepted ${timeOf(job.acceptedAtMs)}${waited(job)}.`),
  );
  const steps = calls.map((call) =>
    element(
      'li',
      { data: { ending: call.ending } },
      element('h3', {}, `${call.keyName}, ${call.model}`),
      element('p', {}, `${timeOf(call.startedAtMs)}, after a wait of ${span(call.waitedMs)}; ${call.choice}`),
      element('p', {}, `${call.words[0].toUpperCase()}${call.words.slice(1)}`),
      call.detail === undefined ? undefined : element('p', { class: 'detail mono' }, call.detail),
    ),
  );
  const list = element('ol', { class: 'story', 'aria-label': plural(calls.length, 'call') }, steps);
  const isOpen = job.state === 'waiting' || job.state === 'running';
  const cancel = async () => {
    const done = await act(`/api/jobs/${encodeURIComponent(id)}/cancel`);
    byId('dialog').close();
    if (done !== undefined) say(`Job ${id} is cancelled`);
  };
  const actions = element(
    'div',
    { class: 'actions' },
    element('button', { type: 'button', onclick: cancel }, 'Cancel this job'),
  );
  const none = element('p', { class: 'quiet' }, 'No call was made for it.');
  openDialog(`Job ${job.id}`, [facts, calls.length === 0 ? none : list, ...(isOpen ? [actions] : [])], () => {
    if (location.hash.startsWith('#jobs/')) history.replaceState(null, '', '#jobs');
  });
}

function waited({ acceptedAtMs, claimedAtMs }) {
  return claimedAtMs === null ? '' : `, first started after ${span(claimedAtMs - acceptedAtMs)}`;
}
