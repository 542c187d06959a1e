import { expect, test } from 'vitest';
import { LeftToldFollower, type LeftToldOptions } from '../../../src/bot/delivery/left-told.ts';
import { jobId } from '../../../src/domain/ids.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { aJob } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fakeTelegram } from '../../support/fake-telegram.ts';

const id = jobId('tg-1');
const outcome = { kind: 'failed', code: 'busy' } as const;

/** Follows what is left of one outcome, and returns the calls for its status message. */
async function followed(isApart: boolean, hasRole = true) {
  const clock = fakeClock();
  const telegram = fakeTelegram(undefined, clock);
  const job = aJob({ id, state: { kind: 'told', outcome }, statusMessageId: 8 });
  const view = {
    id,
    userId: 7,
    kind: 'image',
    lane: 'free',
    prompt: 'a fox',
    ageMs: 0,
    phase: { kind: 'ended', outcome },
  };
  let left = [{ id, isApart }];
  const options = {
    ...telegram,
    service: { find: async () => ({ job, view }), view: async () => view },
    messages: createMessageMapper(loadCatalog()),
    jobs: { find: async () => job },
    processes: { termOf: () => (hasRole ? {} : undefined), seesWhoIsDead: () => true },
    shared: { takeLeftTold: async () => left.splice(0) },
  };
  using _follower = new LeftToldFollower(options as unknown as LeftToldOptions);
  await clock.advance(120_000);
  return telegram.calls.map(({ method, payload }) => `${method} ${String(payload['message_id'])}`);
}

test('LeftToldFollower closes the status message beside an outcome that a dead process told', async () => {
  expect(await followed(true)).toEqual(['deleteMessage 8']);
});

test('LeftToldFollower shows words once more that a dead process told', async () => {
  expect(await followed(false)).toEqual(['editMessageText 8']);
});

test('LeftToldFollower leaves it to the process with the role', async () => {
  expect(await followed(true, false)).toEqual([]);
});
