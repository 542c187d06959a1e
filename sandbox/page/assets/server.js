import { announce } from './dom.js';

/** The newest value of each section, as the server last sent it. */
export const state = new Map();
/** How far the server's clock is ahead of this one. */
let aheadMs = 0;

/** The current time of the server in milliseconds. */
export function serverNow() {
  return Date.now() + aheadMs;
}

/**
 * Opens the event stream. `onPatch` gets the names of the changed sections, `onBroadcast` each one-time event, `onLink`
 * whether the page is connected.
 */
export function listen({ onPatch, onBroadcast, onLink }) {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => onLink(true));
  source.addEventListener('error', () => onLink(false));
  source.addEventListener('patch', ({ data }) => {
    const patch = JSON.parse(data);
    for (const [name, value] of Object.entries(patch)) state.set(name, value);
    if (patch.clock !== undefined) aheadMs = patch.clock.nowMs - Date.now();
    onPatch(new Set(Object.keys(patch)));
  });
  for (const name of ['action', 'answer', 'page-error']) {
    source.addEventListener(name, ({ data }) => onBroadcast(name, JSON.parse(data)));
  }
}

/** Posts to the server and returns its response; on failure it announces the reason and returns undefined. */
export async function act(path, body = {}) {
  try {
    const response = await fetch(`/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-darkroom-page': '1' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    announce(answer.error ?? 'That did not work.');
  } catch {
    announce('The demo does not answer. Is it still running in the terminal?');
  }
  return undefined;
}

const busyTimeoutMs = 20_000;
/** By query id: presses without an answer so far, and answers that arrived before the press returned its query id. */
const pendingPresses = new Map();
const earlyAnswers = new Set();

/** Presses a button as a person; the button is shown as busy until the bot answers, at most 20 s. */
export async function press(where, messageId, data, button) {
  button.setAttribute('aria-busy', 'true');
  const timer = setTimeout(() => button.removeAttribute('aria-busy'), busyTimeoutMs);
  const answer = await act('press', { ...where, messageId, data });
  const done = () => {
    clearTimeout(timer);
    button.removeAttribute('aria-busy');
  };
  if (answer === undefined || earlyAnswers.delete(answer.queryId)) done();
  else pendingPresses.set(answer.queryId, done);
}

/** Pays an invoice message or link with play Stars; a payment that did not go through is announced with the reason. */
export async function pay(where, invoice, button) {
  button.setAttribute('aria-busy', 'true');
  const answer = await act('pay', { ...where, invoice });
  button.removeAttribute('aria-busy');
  if (answer?.kind === 'declined') announce(answer.words);
  if (answer?.kind === 'expired') announce('The bot did not answer within 10 seconds. No Stars were taken.');
}

/** Ends the busy state of the pressed button, and announces the text of the answer to the person who pressed it. */
export function onPressAnswered({ queryId, userId, text }, isShown) {
  const done = pendingPresses.get(queryId);
  if (done === undefined) earlyAnswers.add(queryId);
  else done();
  pendingPresses.delete(queryId);
  if (text !== undefined && isShown(userId)) announce(text);
}
