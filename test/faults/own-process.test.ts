import { expect, test } from 'vitest';
import { inOwnProcess } from '../../faults/own-process.ts';

test('a part whose process ends without a report does not count as one without violations', async () => {
  const run = inOwnProcess('no-such-part', { isSilent: true })({ seed: 1, progress: () => undefined });
  await expect(run).rejects.toThrow('Cannot finish no-such-part: its process ended with the code 1');
});
