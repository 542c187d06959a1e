import { say } from './dom.js';

/** Reads JSON. Throws with a sentence for people; without a session the page is loaded again, and asks to sign in. */
export async function read(path) {
  return asked(await fetch(path, { headers: { accept: 'application/json' } }));
}

/** Changes something and returns the answer. Throws with a sentence for people. */
export async function change(path, body, method = 'POST') {
  const headers = { 'x-darkroom-page': '1' };
  const sent =
    body === undefined
      ? { headers }
      : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return asked(await fetch(path, { method, ...sent }));
}

/** As `change`, but says why not and returns undefined. */
export async function act(...wanted) {
  try {
    return await change(...wanted);
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

async function asked(response) {
  if (response.status === 401) {
    location.reload();
    throw new Error('Signed out');
  }
  const text = await response.text();
  const answer = text === '' ? {} : JSON.parse(text);
  if (response.ok) return answer;
  throw new Error(
    answer.detail ?? (response.status === 404 ? 'There is no such thing' : `The bot answered ${response.status}`),
  );
}

const firstRetryMs = 1_000;
const longestRetryMs = 15_000;

export async function signOut() {
  await fetch('/sign-out', { method: 'POST', headers: { 'x-darkroom-page': '1' } });
  location.assign('/');
}

/** Hears of the events of the bot. `onLink` is called with whether they arrive, `onEvents` with the names of some of them. */
export function listen({ onEvents, onLink }) {
  let retryMs = firstRetryMs;
  const open = () => {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/?names`);
    socket.addEventListener('open', () => {
      retryMs = firstRetryMs;
      onLink(true);
    });
    socket.addEventListener('message', ({ data }) => onEvents(JSON.parse(data).events));
    socket.addEventListener('close', () => {
      onLink(false);
      setTimeout(open, retryMs);
      retryMs = Math.min(longestRetryMs, 2 * retryMs);
    });
  };
  open();
}
