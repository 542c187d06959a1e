import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { ModelCooldowns } from '../../../src/jobs/circuit-breaker/model-cooldowns.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const unknown = { provider: 'bytez', model: 'gone' } as const;
const silent = { provider: 'bytez', model: 'silent' } as const;

function aRest() {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  return { clock, events, modelCooldowns: new ModelCooldowns(clock, (event) => events.push(event)) };
}

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
