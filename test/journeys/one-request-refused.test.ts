import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';
import { pictures, runs } from './talk.ts';

const elevenKeys = Array.from({ length: 11 }, (_, index) => index + 1);

type Shape = { readonly what: string; readonly body?: string; readonly contentType?: string; readonly status?: number };

const shapes: readonly Shape[] = [
  { what: 'JSON that names nothing', body: '{"message":"Forbidden"}' },
  { what: 'JSON in the words of the provider', body: '{"error":"Forbidden","output":null}' },
  { what: 'unknown words', body: '{"error":"This one is not for us"}' },
  { what: 'plain text', body: 'Forbidden', contentType: 'text/plain' },
  { what: 'a page', body: '<html><body><h1>403 Forbidden</h1></body></html>' },
  { what: 'nothing', body: '', contentType: 'text/plain' },
];

function refusing({ body, contentType, status = 403 }: Shape, prompt?: string): BytezFault {
  return {
    do: {
      kind: 'status',
      status,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    },
    ...(prompt === undefined ? {} : { prompt }),
  };
}

function unhealthy(app: TestApp): readonly string[] {
  return app.app.core.keys.snapshot().keys.flatMap(({ name, state }) => (state.kind === 'ready' ? [] : [name]));
}

function alertKinds(app: TestApp): readonly string[] {
  return app.events.flatMap((event) => (event.event === 'alert.raised' ? [event.alert.facts.kind] : []));
}

test.each(shapes)('one prompt that every key refuses by 403 with $what costs nobody else anything', async (shape) => {
  await using app = await openTestApp({ accounts: elevenKeys.map(() => [refusing(shape, 'secret')]) });
  const [unlucky, next] = [app.person(1), app.person(2)];
  unlucky.say('/generate the secret garden');
  await app.event('job.notified');
  expect(runs(app).length).toBeLessThanOrEqual(3);
  expect(unhealthy(app)).toEqual([]);
  expect(wordsOf(fromBot(unlucky.messages()).at(-1))).toContain('The service declined this request.');
  next.say('/generate a red fox');
  await pictures(next);
  expect(runs(app).filter(({ prompt }) => prompt === 'a red fox')).toHaveLength(1);
  expect(alertKinds(app)).toEqual([]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('a person who repeats a refused prompt benches no key, and six others get their pictures with three keys', async () => {
  const [shape = { what: '' }] = shapes;
  await using app = await openTestApp({
    accounts: [1, 2, 3].map(() => [refusing(shape, 'secret')]),
    latencyMs: 10,
  });
  const unlucky = app.person(1);
  const others = [2, 3, 4, 5, 6, 7].map((id) => app.person(id));
  unlucky.say('/generate the secret garden');
  for (const person of others) person.say('/generate a red fox');
  unlucky.say('/generate the secret garden at night');
  unlucky.say('/generate one more secret garden');
  await Promise.all(others.map((person) => pictures(person)));
  await app.event('job.notified');
  expect(app.events.filter(({ event }) => event === 'job.failed').length).toBeLessThanOrEqual(3);
  expect(alertKinds(app)).toEqual([]);
  expect(unhealthy(app)).toEqual([]);
});

test('one dear request without credit leaves the cheaper kind to everybody', async () => {
  const poor: BytezFault = {
    do: {
      kind: 'status',
      status: 402,
      body: '{"error":"This request requires more credits, or fewer max_tokens. You can only afford 12"}',
    },
    prompt: 'film',
  };
  await using app = await openTestApp({ accounts: elevenKeys.map(() => [poor]) });
  const [dear, cheap] = [app.person(1), app.person(2)];
  dear.say('/video a film');
  await app.event('job.notified');
  expect(wordsOf(fromBot(dear.messages()).at(-1))).toContain('used up its allowance');
  cheap.say('/generate a red fox');
  await pictures(cheap);
  expect(unhealthy(app)).toEqual([]);
  const before = runs(app).length;
  dear.say('/video another film');
  await app.event('job.notified', () => runs(app).length >= before && fromBot(dear.messages()).length >= 2);
  expect(runs(app)).toHaveLength(before);
});

test('a 400 in unknown words that one key gives and another does not is the key’s, and nobody notices', async () => {
  const odd: BytezFault = { do: { kind: 'status', status: 400, body: '{"error":"Something is odd about this one"}' } };
  await using app = await openTestApp({
    accounts: [[odd], [], [], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  const person = app.person(1);
  person.say('/generate a red fox');
  await pictures(person);
  expect(runs(app).map(({ account }) => account)).toEqual(['account 1', 'account 2']);
});

test('a request that two keys cannot work with ends with the second', async () => {
  const odd: BytezFault = { do: { kind: 'status', status: 400, body: '{"error":"Something is odd about this one"}' } };
  await using app = await openTestApp({ accounts: elevenKeys.map(() => [odd]) });
  const person = app.person(1);
  person.say('/generate a red fox');
  await app.event('job.notified');
  expect(runs(app)).toHaveLength(2);
  expect(unhealthy(app)).toEqual([]);
  expect(wordsOf(fromBot(person.messages()).at(-1))).toContain('couldn’t work with this request');
});
