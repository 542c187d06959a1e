import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { ModelRefusals, ModelCooldowns } from '../../../src/jobs/circuit-breaker/model-cooldowns.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';

let jobs = 0;

/** Whether the model is closed after each of these requests, written as who asked for what. */
function closedAfter(asked: readonly (readonly [userId: number, prompt: string])[], isElsewhere = false) {
  const refusals = new ModelRefusals();
  return asked.map(([userId, prompt]) => {
    const origin = { chatId: userId, chatType: 'private', userId, messageId: 1 } as const;
    return refusals.isClosed('m', { id: jobId(`tg-${(jobs += 1)}`), prompt, origin }, isElsewhere, 0);
  });
}

const row = (userId: number, ...prompts: readonly string[]) => prompts.map((prompt) => [userId, prompt] as const);

test.each([
  ['three prompts of two people', [...row(1, 'a', 'b'), ...row(2, 'c')], [false, false, true]],
  ['one prompt of three people', [...row(1, 'a'), ...row(2, 'a'), ...row(3, 'a')], [false, false, false]],
  ['five prompts of one person', row(1, 'a', 'b', 'c', 'd', 'e'), [false, false, false, false, true]],
  ['one person who repeats a prompt', row(1, 'a', 'a', 'a', 'a', 'a', 'a'), Array.from({ length: 6 }, () => false)],
] as const)('ModelRefusals: requests that nothing served, %s', (_, asked, expected) => {
  expect(closedAfter(asked)).toEqual(expected);
});

test('ModelRefusals: two requests that other models served close a model, whoever made them', () => {
  expect(closedAfter(row(1, 'a', 'a'), true)).toEqual([false, true]);
});

test('ModelRefusals: a model that has served somebody since the request was sent is open, and counts from the start', () => {
  const refusals = new ModelRefusals();
  const origin = { chatId: 1, chatType: 'private', userId: 1, messageId: 1 } as const;
  const ask = (id: string, sentAtMs: number) =>
    refusals.isClosed('m', { id: jobId(id), prompt: id, origin }, true, sentAtMs);
  expect(ask('tg-a', 10)).toBe(false);
  refusals.served('m', 20);
  expect([ask('tg-b', 15), ask('tg-c', 21), ask('tg-d', 22)]).toEqual([false, false, true]);
});

const unknown = { provider: 'bytez', model: 'gone' } as const;
const silent = { provider: 'bytez', model: 'silent' } as const;

function aRest() {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  return { clock, events, modelCooldowns: new ModelCooldowns(clock, (event) => events.push(event)) };
}

test('ModelCooldowns: a model of which only the status of an answer says that it is unknown is so, and not gone for sure', () => {
  const { modelCooldowns } = aRest();
  modelCooldowns.noteUnknown(unknown, false);
  modelCooldowns.noteDown(silent);
  expect([unknown, silent].map((model) => modelCooldowns.isUnknown(model))).toEqual([true, false]);
  expect(modelCooldowns.isGone(unknown)).toBe(false);
});

test('ModelCooldowns cools an unknown model down for five minutes and a model that is down for one, whatever the clock is set to', async () => {
  const { clock, events, modelCooldowns } = aRest();
  modelCooldowns.noteUnknown(unknown);
  modelCooldowns.noteDown(silent);
  clock.jump(3_600_000);
  await clock.advance(59_999);
  expect([unknown, silent].map((model) => modelCooldowns.isCooling(model))).toEqual([true, true]);
  await clock.advance(1);
  expect([unknown, silent].map((model) => modelCooldowns.isCooling(model))).toEqual([true, false]);
  await clock.advance(240_000);
  expect(modelCooldowns.isCooling(unknown)).toBe(false);
  expect(events).toEqual([
    { event: 'model.cooling', ...unknown, forMs: 300_000 },
    { event: 'model.cooling', ...silent, forMs: 60_000 },
  ]);
});

test('ModelCooldowns.clearGuesses() ends the guessed cooldowns of one provider, and keeps those of unknown models', () => {
  const { modelCooldowns } = aRest();
  const elsewhere = { provider: 'openai', model: 'silent' } as const;
  modelCooldowns.noteUnknown(unknown);
  modelCooldowns.noteDown(silent);
  modelCooldowns.noteDown(elsewhere);
  modelCooldowns.clearGuesses('bytez');
  expect([unknown, silent, elsewhere].map((model) => modelCooldowns.isCooling(model))).toEqual([true, false, true]);
});

/** Cooldowns beside a chain with these two models of Bytez. */
function besideChain() {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const asked: string[] = [];
  const modelCooldowns = new ModelCooldowns(clock, (event) => events.push(event), {
    modelsOf: (provider) => (provider === 'bytez' ? ['gone', 'silent'] : []),
    onGone: ({ model }) => asked.push(model),
  });
  const news = () =>
    events.flatMap(({ event }) => (event === 'provider.empty' || event === 'provider.filled' ? [event] : []));
  return { clock, modelCooldowns, asked, news };
}

test('ModelCooldowns calls a provider empty once it has said for sure of every model that it does not serve it', () => {
  const { modelCooldowns, asked, news } = besideChain();
  modelCooldowns.noteUnknown(unknown);
  modelCooldowns.noteUnknown(silent, false);
  expect([news(), asked, modelCooldowns.isEmpty('bytez')]).toEqual([[], ['gone'], false]);
  modelCooldowns.noteUnknown(silent);
  modelCooldowns.noteUnknown(silent);
  expect([news(), asked, modelCooldowns.isEmpty('bytez')]).toEqual([['provider.empty'], ['gone'], true]);
});

test('ModelCooldowns leaves an empty provider alone for an hour, and a success or a list with models ends that', async () => {
  const { clock, modelCooldowns, news } = besideChain();
  modelCooldowns.noteListed('bytez', 0);
  expect(modelCooldowns.rests('bytez')).toBe(true);
  await clock.advance(59 * 60_000);
  modelCooldowns.noteListed('bytez', 0);
  await clock.advance(59 * 60_000);
  expect(modelCooldowns.rests('bytez')).toBe(true);
  await clock.advance(60_000);
  expect([modelCooldowns.rests('bytez'), modelCooldowns.isEmpty('bytez')]).toEqual([false, true]);
  modelCooldowns.noteServed(silent);
  expect(modelCooldowns.isEmpty('bytez')).toBe(false);

  modelCooldowns.noteUnknown(unknown);
  modelCooldowns.noteUnknown(silent);
  modelCooldowns.noteListed('bytez', 12);
  expect([unknown, silent].map((model) => modelCooldowns.isCooling(model))).toEqual([false, false]);
  expect(news()).toEqual(['provider.empty', 'provider.filled', 'provider.empty', 'provider.filled']);
});
