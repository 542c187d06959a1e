import { announce } from './dom.js';

/** The newest value of each section, as the server last told it. */
export const state = new Map();
/** How far the server's clock is ahead of this one. */
let aheadMs = 0;

export function serverNow() {
  return Date.now() + aheadMs;
}

/** Opens the stream: `onPatch` hears which sections are new, `onShout` what happened just now. */
export function listen({ onPatch, onShout, onLink }) {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => onLink(true));
  source.addEventListener('error', () => onLink(false));
  source.addEventListener('patch', ({ data }) => {
    const patch = JSON.parse(data);
    for (const [name, value] of Object.entries(patch)) state.set(name, value);
    if (patch.clock !== undefined) aheadMs = patch.clock.nowMs - Date.now();
    onPatch(new Set(Object.keys(patch)));
  });
  for (const name of ['action', 'answer', 'trouble']) {
    source.addEventListener(name, ({ data }) => onShout(name, JSON.parse(data)));
  }
}

/** Asks the server to do something; undefined, after saying why, when it did not. */
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

const answerWaitMs = 20_000;
/** Buttons whose press the bot has not answered yet, and answers that came before we knew the press. */
const pressed = new Map();
const answeredEarly = new Set();

/** Presses a button as a person; it rests when the bot has answered. */
export async function press(where, messageId, data, button) {
  button.setAttribute('aria-busy', 'true');
  const timer = setTimeout(() => button.removeAttribute('aria-busy'), answerWaitMs);
  const answer = await act('press', { ...where, messageId, data });
  const done = () => {
    clearTimeout(timer);
    button.removeAttribute('aria-busy');
  };
  if (answer === undefined || answeredEarly.delete(answer.queryId)) done();
  else pressed.set(answer.queryId, done);
}

/** The bot has answered a press: the button rests, and who pressed it reads the words. */
export function hearAnswer({ queryId, userId, text }, isShown) {
  const done = pressed.get(queryId);
  if (done === undefined) answeredEarly.add(queryId);
  else done();
  pressed.delete(queryId);
  if (text !== undefined && isShown(userId)) announce(text);
}
