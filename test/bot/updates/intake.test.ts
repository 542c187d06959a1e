import { expect, test } from 'vitest';
import type { UpdateHandler } from '../../../src/bot/updates/update-handler.ts';
import { Intake } from '../../../src/bot/updates/update-pipeline.ts';
import type { Inbox, InboxUpdate } from '../../../src/domain/inbox.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const { signal } = new AbortController();
const updates = (...ids: readonly number[]): readonly InboxUpdate[] => ids.map((updateId) => ({ updateId, body: '' }));

/** An inbox that keeps or refuses, and handlers whose answers are given by hand. */
function anIntake() {
  const clock = fakeClock();
  /** `isLost`: the transaction fails after the handlers have begun. */
  const machine = { error: undefined as Error | undefined, isLost: false };
  const begun: (readonly [number, boolean])[] = [];
  const answers = new Map<number, PromiseWithResolvers<boolean>>();
  const asked: number[] = [];
  const inbox = {
    keep: async (...[batch, , onKept]: Parameters<Inbox['keep']>) => {
      if (machine.isLost) onKept?.(batch);
      if (machine.error !== undefined) throw machine.error;
      if (!machine.isLost) onKept?.(batch);
      return batch;
    },
  } as unknown as Inbox;
  const handler = {
    start: async (...[{ updateId }, , { before, kept } = {}]: Parameters<UpdateHandler['start']>) => {
      const isOver = (await before) ?? false;
      begun.push([updateId, isOver]);
      return (await kept) === false && !isOver ? handler.handleOnce({ updateId, body: '' }, signal) : true;
    },
    handleOnce: ({ updateId }: InboxUpdate) => {
      asked.push(updateId);
      const answer = Promise.withResolvers<boolean>();
      answers.set(updateId, answer);
      return answer.promise;
    },
  } as unknown as UpdateHandler;
  const say = (updateId: number, isOver: boolean) => answers.get(updateId)?.resolve(isOver);
  return {
    intake: new Intake({ inbox, handler: handler, clock, emit: () => undefined }),
    clock,
    machine,
    begun,
    asked,
    say,
  };
}

const full = new StorageError('full', 'Cannot write: the disk is full');

test('Intake.take() stores a batch, has it handled, and confirms it to Telegram', async () => {
  const { intake, begun } = anIntake();
  expect(await intake.take(updates(1, 2, 3), signal)).toBe(3);
  expect(begun).toEqual([1, 2, 3].map((id) => [id, false]));
});

test('Intake.take() answers what cannot be stored, and confirms no more than was answered', async () => {
  const { intake, clock, machine, say, asked } = anIntake();
  machine.error = full;
  const taken = intake.take(updates(1, 2, 3, 4), signal);
  await clock.advance(0);
  say(1, true);
  say(2, true);
  say(3, false);
  say(4, true);
  expect(await taken).toBe(2);
  // What was answered is not answered again when Telegram sends it with the one before it.
  const again = intake.take(updates(3, 4, 5), signal);
  await clock.advance(0);
  expect(asked).toEqual([1, 2, 3, 4, 3, 5]);
  say(3, true);
  say(5, true);
  expect(await again).toBe(3);
});

test('Intake.take() does not wait for ever for an answer', async () => {
  const { intake, clock, machine, say, asked } = anIntake();
  machine.error = full;
  const taken = intake.take(updates(1, 2), signal);
  await clock.advance(0);
  say(1, true);
  await clock.advance(2_000);
  expect(await taken).toBe(1);
  const again = intake.take(updates(2, 3), signal);
  await clock.advance(0);
  expect(asked).toEqual([1, 2, 3]);
  say(2, true);
  say(3, true);
  expect(await again).toBe(2);
});

test('Intake.take() does not handle again what was answered before it could be stored', async () => {
  const { intake, clock, machine, begun, say } = anIntake();
  machine.error = full;
  const taken = intake.take(updates(1, 2, 3), signal);
  await clock.advance(0);
  say(1, false);
  say(2, true);
  await clock.advance(2_000);
  expect(await taken).toBe(0);
  machine.error = undefined;
  expect(await intake.take(updates(1, 2, 3), signal)).toBe(3);
  say(3, true);
  await clock.advance(0);
  expect(begun).toEqual([
    [1, false],
    [2, true],
    [3, true],
  ]);
});

test('Intake.take() rejects with what is no refusal of the storage', async () => {
  const { intake, machine, asked } = anIntake();
  machine.error = new TypeError('broken');
  await expect(intake.take(updates(1), signal)).rejects.toThrow('broken');
  expect(asked).toEqual([]);
});

test('Intake.take() lets nobody be answered twice whose update was lost with its transaction while it was handled', async () => {
  const { intake, clock, machine, begun, say, asked } = anIntake();
  Object.assign(machine, { error: full, isLost: true });
  const taken = intake.take(updates(1, 2), signal);
  await clock.advance(0);
  say(1, true);
  say(2, false);
  expect(await taken).toBe(1);
  expect([begun, asked]).toEqual([updates(1, 2).map(({ updateId }) => [updateId, false]), [1, 2]]);
});
