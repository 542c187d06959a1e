import { announce } from './dom.js';
import { act } from './server.js';

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
