import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { KeyState } from '../../../src/domain/key-state.ts';
import type { ListedModel, ModelsReply, Provider } from '../../../src/domain/provider.ts';
import { ModelLists } from '../../../src/keys/maintenance/model-lists.ts';
import { aKey } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const hour = 3_600_000;
const ready: KeyState = { kind: 'ready' };
const out: ModelsReply = { ok: false, failure: { blame: 'provider', reason: 'unreachable', detail: '' } };

function aStage(options: { readonly states?: readonly KeyState[]; readonly readsAll?: boolean } = {}) {
  const { states = [ready, ready], readsAll = true } = options;
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const replies: ModelsReply[] = [];
  const lists: (readonly ListedModel[])[] = [];
  const asked: string[] = [];
  const state = { isEmpty: false };
  const provider = {
    name: 'bytez',
    listModels: async (secret: { reveal(): string }) => {
      asked.push(secret.reveal());
      return replies.shift() ?? { ok: true, models: [{ model: 'm' }] };
    },
  } as unknown as Provider;
  const keys = states.map((one, index) => ({ key: aKey(index + 1), state: one }));
  const reader = new ModelLists({
    pool: { keys: () => keys },
    providers: new Map([['bytez', provider]]),
    clock,
    emit: (event) => events.push(event),
    readsAll,
    isEmpty: () => state.isEmpty,
    onList: (_provider, models) => lists.push(models),
  });
  return { clock, events, replies, lists, asked, state, reader };
}

test('ModelLists reads at the start and once a day, and every hour while the provider is empty', async () => {
  const { clock, lists, state, reader } = aStage();
  await using _ = reader;
  reader.start();
  await clock.advance(0);
  expect(lists).toEqual([[{ model: 'm' }]]);
  await clock.advance(23 * hour);
  expect(lists).toHaveLength(1);
  await clock.advance(hour);
  expect(lists).toHaveLength(2);
  state.isEmpty = true;
  await clock.advance(3 * hour);
  expect(lists).toHaveLength(5);
});

test('ModelLists reads nothing by itself where that is off, except of an empty provider', async () => {
  const { clock, lists, state, reader } = aStage({ readsAll: false });
  await using _ = reader;
  reader.start();
  await clock.advance(30 * hour);
  expect(lists).toEqual([]);
  state.isEmpty = true;
  await clock.advance(hour);
  expect(lists).toHaveLength(1);
});

test('ModelLists asks with a key that accepts calls, with a second one where the first fails, and not twice in a minute', async () => {
  const benched: KeyState = { kind: 'benched', reason: 'rejected', probeAtMs: 0, times: 1, confirmed: true };
  const { lists, asked, replies, reader } = aStage({ states: [benched, ready, ready, ready] });
  await using _ = reader;
  replies.push(out);
  await reader.read('bytez');
  await reader.read('bytez');
  expect(asked).toHaveLength(2);
  expect(new Set(asked).size).toBe(2);
  expect(lists).toHaveLength(1);
});

test('ModelLists concludes nothing from answers that are no list', async () => {
  const { lists, events, replies, reader } = aStage();
  await using _ = reader;
  replies.push(out, out);
  await reader.read('bytez');
  expect([lists, events]).toEqual([[], []]);
});
