import { expect, test } from 'vitest';
import { type Checkpoint, checkpoints } from '../../src/domain/job.ts';
import { crashAtEveryPoint } from './crash-at-point.ts';

/** Until the provider's answer is kept, it has to be asked again. */
const beforeTheAnswer: ReadonlySet<Checkpoint> = new Set(['accepted', 'claimed', 'call-noted', 'calling']);

test('whoever asks while the bot dies, at any point of the request’s life, gets one picture, paid for once', async () => {
  const kills = 1;
  const reports = await crashAtEveryPoint(kills);
  const promised = { kills, lost: 0, twice: 0, stale: 0, unbalanced: 0, open: 0 };
  expect(reports).toEqual(
    checkpoints.map((point) => ({
      point,
      ...promised,
      unsure: expect.any(Number),
      madeAgain: beforeTheAnswer.has(point) ? expect.any(Number) : 0,
    })),
  );
});
