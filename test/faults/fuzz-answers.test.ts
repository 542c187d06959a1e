import { expect, test } from 'vitest';
import { fuzzAnswers, type FuzzAnswersOptions, shortAnswers } from '../../faults/fuzz-answers.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { ProviderReply, SynchronousProvider } from '../../src/domain/provider.ts';

/** Runs the part and returns the promises that do not hold. */
async function broken(answers: number, options: Partial<FuzzAnswersOptions> = {}): Promise<readonly string[]> {
  const { checks } = await fuzzAnswers({ answers }, { seed: 7, progress: () => undefined, ...options });
  return checks.filter(({ holds }) => !holds).map(({ what }) => what);
}

/** A provider that gives every request the same bad answer. */
function badProvider(generate: SynchronousProvider['generate']): Partial<FuzzAnswersOptions> {
  return { open: () => ({ name: 'bytez', generate, probe: async () => ({ ok: true }) }) };
}

function failing(failure: AttemptFailure): ProviderReply {
  return { ok: false, failure };
}

test('some hundred changed answers are read, and their results stored, as promised', async () => {
  expect(await broken(shortAnswers.answers)).toEqual([]);
});

test('an adapter that throws is found', async () => {
  const threw = badProvider(() => Promise.reject(new Error('no')));
  expect(await broken(5, threw)).toEqual(['answers that made something throw']);
});

test('an adapter whose failure contains the key or the prompt is found', async () => {
  const emitting = badProvider(async ({ prompt }, secret) =>
    failing({ blame: 'key', reason: 'rejected', detail: `${secret.reveal()} ${prompt}` }),
  );
  expect(await broken(5, emitting)).toEqual([
    'answers whose failure contained a key',
    'answers whose failure contained the prompt',
  ]);
});

test('a failure with the wrong blame is found', async () => {
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
