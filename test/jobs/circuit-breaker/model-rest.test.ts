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
