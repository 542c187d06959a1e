/**
 * The bot of the demo in a process of its own, so that it can be killed. The demo starts it, gives it its settings over the
 * channel between the two, hears its events there and asks it for what the page shows.
 */
import { openApp, type App } from '../../app/open-app.ts';
import { parseConfig } from '../../config/config.ts';
import type { AppEvent } from '../../domain/events.ts';
import { readKeys } from '../../keys/sources/read-keys.ts';
import { systemClock } from '../../kit/clock.ts';
import { systemRandom } from '../../kit/backoff.ts';
import { describeError } from '../../observability/describe-error.ts';
import { fillableDisk } from '../../../sandbox/full-disk.ts';
import type { Answer, FromBot, Question, ToBot } from './bot-messages.ts';

const disk = fillableDisk();
let app: App | undefined;

function tell(message: FromBot): void {
  // The demo may have gone a moment ago.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** An error of any class crosses the channel as its description. */
function portable(event: AppEvent): AppEvent {
  return 'error' in event ? { ...event, error: new Error(describeError(event.error)) } : event;
}

async function open(env: Readonly<Record<string, string>>): Promise<void> {
  try {
    const opened = await openApp({
      config: parseConfig(env),
      keys: readKeys(env).keys,
      clock: systemClock,
      random: systemRandom,
      emit: (event) => tell({ kind: 'event', event: portable(event) }),
    });
    app = opened;
    await Promise.race([opened.introduced, opened.broken]);
    tell({ kind: 'opened' });
    await opened.broken;
  } catch (error) {
    tell({ kind: 'broken', why: error instanceof Error ? error.message : describeError(error) });
  }
}

async function answer(running: App, question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'pool':
      return running.core.pool.snapshot();
    case 'lines':
      return (await running.stats()).lines;
    case 'find':
      return running.service.find(question.id);
    case 'wake':
      return running.core.keys.wake('all');
    case 'disk':
      disk.setFull(question.full);
      return undefined;
  }
}

async function close(): Promise<void> {
  disk.setFull(false);
  await app?.[Symbol.asyncDispose]();
  process.exit();
}

process.on('message', (message: ToBot) => {
  if (message.kind === 'open') void open(message.env);
  else if (message.kind === 'close') void close();
  else if (app !== undefined) {
    const { number, question } = message;
    void answer(app, question).then((given) => tell({ kind: 'answer', number, answer: given }));
  }
});
// The demo hears the signals of the terminal, and closes the bot in order.
process
  .on('SIGINT', () => undefined)
  .on('SIGTERM', () => undefined)
  .on('SIGHUP', () => undefined);
// All who would be told, Telegram and the providers have gone with the demo.
process.on('disconnect', () => process.exit());
