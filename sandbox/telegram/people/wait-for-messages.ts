import type { Changes } from '../changes.ts';
import type { SeenMessage } from '../messages/seen-message.ts';

export type SeenPredicate = (messages: readonly SeenMessage[]) => boolean;

/** Checks the messages after each change of their chat until the predicate holds; rejects after `timeoutMs` of real time. */
export function waitForMessages(
  changes: Changes,
  chatId: number,
  messages: () => readonly SeenMessage[],
  predicate: SeenPredicate,
  timeoutMs: number,
): Promise<readonly SeenMessage[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly SeenMessage[]>();
  const finish = (settle: () => void) => {
    clearTimeout(limit);
    listening[Symbol.dispose]();
    settle();
  };
  const check = () => {
    try {
      const seen = messages();
      if (predicate(seen)) finish(() => resolve(seen));
    } catch (error) {
      finish(() => reject(error instanceof Error ? error : new Error(String(error))));
    }
  };
  const limit = setTimeout(() => {
    const message = `Cannot wait longer than ${timeoutMs} ms for the messages; now there are: ${summary(messages())}`;
    finish(() => reject(new Error(message)));
  }, timeoutMs);
  const listening = changes.listen((change) => {
    if (change.chatId === chatId) check();
  });
  check();
  return promise;
}

function summary(messages: readonly SeenMessage[]): string {
  if (messages.length === 0) return 'none';
  return messages
    .slice(-6)
    .map(({ id, from, text, caption, photo, video }) => {
      const file = (photo === undefined ? '' : '[photo] ') + (video === undefined ? '' : '[video] ');
      return `#${id} ${from}: ${file}${JSON.stringify((caption ?? text).slice(0, 200))}`;
    })
    .join('; ');
}
