import { Api, type ApiClientOptions } from 'grammy';
import type { ChatBook } from '../domain/chat-book.ts';
import type { Tell } from '../domain/events.ts';
import type { RestBook } from '../domain/rest-book.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import { mendCalls } from './outbox-mending.ts';
import { Pace } from './outbox-pace.ts';
import { Outbox } from './outbox.ts';
import { type Manner, politeCalls } from './polite-calls.ts';
import { longestHoldMs } from './telegram-trouble.ts';

/** The largest file over a slow line takes its time; a line that fell silent takes no more than this. */
const uploadPatienceS = 180;

export type OpenOutboxOptions = {
  /** The bot's own way to Telegram, for its answers. */
  readonly api: Api;
  readonly client: ApiClientOptions;
  readonly chats: ChatBook;
  readonly rests: RestBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  /** Once it aborts, no call and no wait goes on. */
  readonly closing: AbortSignal;
};

/**
 * Opens a second way to Telegram, for what nobody waits for at this moment, and makes both polite: they share one pace,
 * and rest where an earlier run of the process was told to.
 */
export async function openOutbox(options: OpenOutboxOptions): Promise<Outbox> {
  const { api, client, rests, clock } = options;
  const pace = new Pace(clock);
  const nowMs = clock.now();
  // Whoever set the clock back meanwhile silences nobody for longer than Telegram ever does.
  for (const { place, untilMs } of await rests.resting(nowMs))
    pace.hold(place, Math.min(untilMs - nowMs, longestHoldMs));
  const shared = { ...options, pace };
  const unasked = new Api(api.token, { ...client, timeoutSeconds: uploadPatienceS });
  const makePolite = (way: Api, manner: Manner) =>
    way.config.use(politeCalls(shared, manner), mendCalls(shared, manner));
  makePolite(api, 'answering');
  makePolite(unasked, 'unasked');
  return new Outbox({ ...shared, api: unasked });
}
