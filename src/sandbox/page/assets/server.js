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
