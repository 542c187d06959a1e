import type { Bot } from 'grammy';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { UnkeptUpdates } from '../../../src/bot/updates/update-source.ts';
import { UpdateHandler } from '../../../src/bot/updates/update-handler.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const poison = 3;

/** One process after the other over the same inbox; a handler that meets the poison never comes back. */
function aAppThatDies() {
  const database = openDatabase({ path: ':memory:' });
  const inbox = createInbox(database);
  const handled: number[] = [];
  const events: AppEvent[] = [];
  const clock = fakeClock();
  return {
    inbox,
    handled,
    events,
    /** Lives until nothing happens any more; answers whether it met the poison, and so died. */
    live: async (closing = new AbortController()) => {
      let isDead = false;
      const bot = {
        handleUpdate: async ({ update_id: id }: { update_id: number }) => {
          if (isDead || id === poison) {
            isDead = true;
            return new Promise(() => undefined);
          }
          return void handled.push(id);
        },
      } as unknown as Bot<BotContext>;
      const handler = new UpdateHandler({
        unkept: new UnkeptUpdates(),
        bot,
        inbox,
        clock,
        random: () => 1,
        emit: (event) => void events.push(event),
      });
      await handler.resume(closing.signal);
      await clock.advance(10);
      return isDead;
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

const updates = (ids: readonly number[]) => ids.map((updateId) => ({ updateId, body: `{"update_id":${updateId}}` }));

test('UpdateHandler.resume() sets an update aside that killed three processes, and the others go on', async () => {
  using app = aAppThatDies();
  await app.inbox.keep(updates([1, 2, poison, 4, 5]), 0);
  const deaths: boolean[] = [];
  for (let start = 0; start < 5; start += 1) deaths.push(await app.live());
  expect(deaths).toEqual([true, true, true, false, false]);
  expect(app.handled).toEqual([1, 2, 4, 5]);
  expect(app.events).toMatchObject([{ event: 'update.failed', updateId: poison, setAside: true }]);
  expect(await app.inbox.unhandled()).toEqual([]);
});

test('UpdateHandler.resume() handles what was only there when a process died, however many died', async () => {
  using app = aAppThatDies();
  await app.inbox.keep(updates([poison]), 0);
  await app.live();
  await app.inbox.keep(updates([4]), 0);
  await app.live();
  await app.inbox.keep(updates([5]), 0);
  await app.live();
  await app.live();
  expect(app.handled).toEqual([4, 5]);
  expect(app.events).toMatchObject([{ updateId: poison, setAside: true }]);
});
