import { expect, test, vi } from 'vitest';
import type { DiskFault } from '../../faults/disk-windows.ts';
import { openSandboxedBot } from '../../faults/sandboxed-bot.ts';

const faults: readonly DiskFault[] = ['full', 'read-only', 'io-error'];

test.for(faults)(
  'a bot that is started again while its disk is %s comes back by itself when the disk works (Q5)',
  async (fault) => {
    await using bot = await openSandboxedBot({
      keys: 1,
      seatsPerKey: 1,
      providerFaults: [],
      telegramFaults: [],
      latencyMs: 1,
      random: () => 0.5,
      onFailingDisk: true,
    });
    const ann = bot.telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' });
    bot.start();
    ann.say('/help');
    await ann.waitFor((messages) => messages.some(({ from }) => from === 'bot'));
    await bot.kill();

    bot.setDiskFault(fault);
    bot.start();
    await vi.waitUntil(() => bot.ownEnds.length > 0, { interval: 50, timeout: 60_000 });
    // EX_TEMPFAIL: after 2, no supervisor would start it again.
    expect(bot.ownEnds[0]).toBe(75);

    bot.setDiskFault(undefined);
    ann.say('/generate a red fox');
    await ann.waitFor((messages) => messages.some(({ photo }) => photo !== undefined), { timeoutMs: 60_000 });
    expect(new Set(bot.ownEnds)).toEqual(new Set([75]));
  },
);
