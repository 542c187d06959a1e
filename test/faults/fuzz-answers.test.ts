import { expect, test } from 'vitest';
import { fuzzAnswers, type FuzzAnswersOptions, shortAnswers } from '../../faults/fuzz-answers.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { ProviderReply, SynchronousProvider } from '../../src/domain/provider.ts';

/** Runs the part and answers what of it does not hold. */
async function broken(answers: number, options: Partial<FuzzAnswersOptions> = {}): Promise<readonly string[]> {
  const { checks } = await fuzzAnswers({ answers }, { seed: 7, progress: () => undefined, ...options });
  return checks.filter(({ holds }) => !holds).map(({ what }) => what);
}

/** A provider that answers everything in the same bad way. */
function badProvider(generate: SynchronousProvider['generate']): Partial<FuzzAnswersOptions> {
  return { open: () => ({ name: 'bytez', generate, probe: async () => ({ ok: true }) }) };
}

function failing(failure: AttemptFailure): ProviderReply {
  return { ok: false, failure };
}

test('some hundred bent answers are read, and their results kept, as promised', async () => {
  expect(await broken(shortAnswers.answers)).toEqual([]);
}, 60_000);

test('a provider that throws is found', async () => {
  const threw = badProvider(() => Promise.reject(new Error('no')));
  expect(await broken(5, threw)).toEqual(['answers that made something throw']);
});

test('a provider that tells the key or the prompt is found', async () => {
  const emitting = badProvider(async ({ prompt }, secret) =>
    failing({ blame: 'key', reason: 'rejected', detail: `${secret.reveal()} ${prompt}` }),
  );
  expect(await broken(5, emitting)).toEqual([
    'answers after which a key was told',
    'answers after which the prompt was told',
  ]);
});

test('a failure that blames the wrong one is found', async () => {
  const failure = { blame: 'key', reason: 'refused', detail: '' } as unknown as AttemptFailure;
  expect(
    await broken(
      5,
      badProvider(async () => failing(failure)),
    ),
  ).toEqual(['answers read as nothing that Darkroom knows']);
});

test('an address that is not public is never asked for a result', async () => {
  const url = 'http://169.254.169.254/a.png';
  expect(
    await broken(
      5,
      badProvider(async () => ({ ok: true, source: { kind: 'url', url } })),
    ),
  ).toEqual([]);
});
