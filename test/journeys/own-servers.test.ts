import { expect, test } from 'vitest';
import { startA1111Sandbox } from '../../sandbox/a1111/a1111-sandbox.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestApp } from '../support/test-app.ts';
import { troubles } from './talk.ts';

/** No key is configured. */
const noKeys = { BYTEZ_API_KEYS: '', HORDE_ANONYMOUS: 'off' };
const login = 'operator:canary-password-01';

test.each(['', 'a1111:sd_xl_base_1.0'])(
  'without any key the picture comes from a server like AUTOMATIC1111, with IMAGE_CHAIN "%s"',
  async (chain) => {
    await using server = await startA1111Sandbox({ login });
    const clock = fakeClock();
    const address = server.baseUrl.replace('http://', `http://${login}@`);
    await using app = await openTestApp({ clock, env: { ...noKeys, IMAGE_CHAIN: chain, A1111_BASE_URL: address } });
    const person = app.person(7);
    person.say('/generate a {red|blue} fox <lora:detail:2> in __places__ --seed 7');
    await passTime(clock, person.waitFor(hasPicture));
    expect(server.calls.filter(({ route }) => route === 'txt2img')).toMatchObject([
      { status: 200, acted: [], body: { seed: 7 } },
    ]);
    expect(troubles(app)).toEqual([]);
    expect(JSON.stringify(app.events)).not.toContain('canary-password');
  },
);
