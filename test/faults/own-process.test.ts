import { expect, test } from 'vitest';
import { inOwnProcess } from '../../faults/own-process.ts';

test('a part whose process ends without a report is not taken for one that found nothing', async () => {
  const run = inOwnProcess('no-such-part', { isDown: true })({ seed: 1, progress: () => undefined });
  await expect(run).rejects.toThrow('Cannot finish no-such-part: its process ended with the code 1');
});
