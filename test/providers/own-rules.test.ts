import { expect, test } from 'vitest';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { parseFailureRules } from '../../src/config/failure-rules-file.ts';
import { createProviders } from '../../src/providers/create-providers.ts';
import { providerDefinitions } from '../../src/providers/registry.ts';
import type { OwnRule } from '../../src/domain/failure.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { addressOf, requiredExamples } from './provider-endings.ts';

const served = providerDefinitions.filter(({ adapter }) => adapter !== undefined).map(({ name }) => name);
const signal = new AbortController().signal;
const secret = new Secret('a-key-of-the-tests-77');

/** How the adapter understands an answer with this status and body. */
async function failureOf(name: string, rules: readonly OwnRule[], status: number, body: string) {
  const answer = { kind: 'answer', status, headers: {}, body: Buffer.from(body) } as const;
  const http = { call: async () => answer, [Symbol.asyncDispose]: async () => {} };
  const definition = providerDefinitions.find((one) => one.name === name);
  if (definition === undefined) throw new Error(`Cannot ask ${name}: it is not known`);
  const settings = { [name]: { baseUrl: addressOf(definition), required: requiredExamples(definition) } };
  const providers = await createProviders([name], { settings, http, clock: fakeClock(), rules: () => rules });
  const provider = providers.get(name);
  const { model = 'm', kind = 'image' } = definition.models[0] ?? {};
  const request: GenerationRequest = { kind, model, prompt: 'a fox', inputs: [] };
  if (provider === undefined) throw new Error(`Cannot ask ${name}: it has no adapter`);
  const reply = await ('start' in provider
    ? provider.start(request, secret, signal)
    : provider.generate(request, secret, signal));
  return reply.ok ? undefined : { reason: reply.failure.reason, sureness: reply.failure.sureness ?? 'sure' };
}

test.each(served)('%s obeys a rule of the operator before its own table', async (name) => {
  const body = JSON.stringify({ error: { message: 'The Moon is in the way', code: 'moon_phase' } });
  const rules = (rule: Partial<OwnRule>) => [{ provider: name, means: 'overloaded', ...rule } as OwnRule];
  expect(await failureOf(name, rules({ code: 'MOON_PHASE' }), 401, body)).toEqual({
    reason: 'overloaded',
    sureness: 'sure',
  });
  expect(await failureOf(name, rules({ status: 401, words: 'moon is' }), 401, body)).toMatchObject({
    reason: 'overloaded',
  });
  // A status alone is never sure.
  expect(await failureOf(name, rules({ status: 401 }), 401, body)).toEqual({
    reason: 'overloaded',
    sureness: 'likely',
  });
  expect(await failureOf(name, rules({ status: 402 }), 401, body)).not.toMatchObject({ reason: 'overloaded' });
  expect(
    await failureOf(name, [{ provider: 'another', means: 'overloaded', status: 401 }], 401, body),
  ).not.toMatchObject({ reason: 'overloaded' });
});

test('parseFailureRules() reads YAML and JSON alike', () => {
  const rows = [{ provider: 'bytez', status: 418, words: 'teapot', means: 'overloaded' }];
  const yaml = 'rules:\n  - provider: bytez\n    status: 418\n    words: teapot\n    means: overloaded\n';
  expect(parseFailureRules(yaml)).toEqual({ ok: true, rows });
  expect(parseFailureRules(JSON.stringify(rows))).toEqual({ ok: true, rows });
});

test('parseFailureRules() lists every mistake by its row', () => {
  const yaml = [
    '- {provider: bytez, means: overloaded}',
    '- {provider: nobody, status: 400, means: refused}',
    '- {provider: bytez, status: 400, means: tired}',
    '- {provider: bytez, code: x, colour: red, means: refused}',
  ].join('\n');
  const parsed = parseFailureRules(yaml);
  expect(parsed.ok ? [] : parsed.mistakes).toEqual([
    'row 1 needs at least one of status, code and words',
    expect.stringMatching(/^row 2 provider must be one of bytez, a1111, /),
    expect.stringMatching(/^row 3 means must be one of rejected, /),
    expect.stringMatching(/^row 4 .*"colour"/),
  ]);
  expect(parseFailureRules('- [')).toMatchObject({ ok: false, mistakes: [expect.stringMatching(/^cannot be read: /)] });
});
