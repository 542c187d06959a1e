import { expect, test } from 'vitest';
import { readPromptOptions } from '../../src/jobs/request/generation-request.ts';
import { checkOptions } from '../../src/jobs/request/chain-models.ts';
import { modelTraits } from '../../src/providers/registry.ts';

const chain = [
  { provider: 'bytez', model: 'black-forest-labs/flux-pro' },
  { provider: 'bytez', model: 'org/other' },
] as const;

test.each([
  'flux‑pro',
  'FLUX-PRO',
  'flux-pr\u03bf',
  'flux pro',
  'flux-pro\u200b',
  '',
  '/',
  'x'.repeat(10_000),
  '../flux-pro',
])('the model %j is none of ours, and those that are ours are shown (A22)', (model) => {
  expect(checkOptions(chain, { model }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'unknown-model', written: model.trim(), models: chain.map((one) => one.model) },
  });
});

test.each(['flux-pro', ' flux-pro ', 'black-forest-labs/flux-pro', 'bytez:black-forest-labs/flux-pro'])(
  'the model %j is exactly ours (A22)',
  (model) => {
    expect(checkOptions(chain, { model }, modelTraits)).toEqual({
      ok: true,
      options: { model: 'black-forest-labs/flux-pro' },
    });
  },
);

test.each(['1e9', '-1', 'NaN', 'Infinity', '0x1F', '１０２４', '1,5', '1.5', '+1', '٣', '1_000', '0b1'])(
  'the number %s is refused, never guessed at (A23)',
  (written) => {
    expect(readPromptOptions(`a fox --seed ${written}`)).toEqual({ ok: false, mistake: { kind: 'bad-seed', written } });
    expect(readPromptOptions(`a fox --aspect ${written}`)).toEqual({
      ok: false,
      mistake: { kind: 'bad-aspect', written },
    });
  },
);

test.each(['--seed', '--seed ', '--seed=', '--seed ""', '--seed “”'])(
  'nothing behind %s is no zero (A23)',
  (option) => {
    expect(readPromptOptions(`a fox ${option}`)).toMatchObject({ ok: false });
  },
);

test.each(['9007199254740992', '9007199254740993', '18446744073709551616'])(
  'the seed %s is refused, since it would become another one (A24)',
  (written) => {
    expect(readPromptOptions(`a fox --seed ${written}`)).toMatchObject({ ok: false, mistake: { kind: 'bad-seed' } });
  },
);
