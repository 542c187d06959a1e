import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startA1111Sandbox } from '../../sandbox/a1111/a1111-sandbox.ts';
import { startComfyuiSandbox } from '../../sandbox/comfyui/comfyui-sandbox.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { exampleWorkflows } from '../support/queued-provider.ts';
import { openTestApp } from '../support/test-app.ts';
import { troubles, until } from './talk.ts';

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

test.each(['', 'comfyui:sd_xl_base_1.0'])(
  'without any key the picture comes from a ComfyUI, with IMAGE_CHAIN "%s"',
  async (chain) => {
    await using server = await startComfyuiSandbox({ login });
    const clock = fakeClock();
    const address = server.baseUrl.replace('http://', `http://${login}@`);
    const env = { ...noKeys, IMAGE_CHAIN: chain, COMFYUI_BASE_URL: address, COMFYUI_WORKFLOW_FILE: exampleWorkflows };
    await using app = await openTestApp({ clock, env });
    const person = app.person(7);
    person.say('/generate a {red|blue} fox with embedding:fur --seed 7 --no snow --aspect 16:9');
    await passTime(clock, person.waitFor(hasPicture));
    expect(server.calls.filter(({ route }) => route === 'submit')).toMatchObject([
      { status: 200, acted: [], seed: 7, size: { width: 1_360, height: 768 } },
    ]);
    expect(troubles(app)).toEqual([]);
    expect(JSON.stringify(app.events)).not.toContain('canary-password');
  },
);

test('a request that is cancelled while ComfyUI works on it is stopped there', async () => {
  await using server = await startComfyuiSandbox();
  const clock = fakeClock();
  const env = { ...noKeys, COMFYUI_BASE_URL: server.baseUrl, COMFYUI_WORKFLOW_FILE: exampleWorkflows };
  await using app = await openTestApp({ clock, env });
  server.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, app.event('attempt.submitted'));
  person.say('/cancel');
  await passTime(clock, app.event('job.cancelled'));
  await until(() => server.calls.some(({ route }) => route === 'interrupt'));
  expect(server.calls.filter(({ route }) => route === 'submit')).toHaveLength(1);
});

test.each([
  [{ IMAGE_CHAIN: '' }, /COMFYUI_WORKFLOW_FILE \S*package\.json has a node "name" without class_type and inputs/],
  [
    { COMFYUI_WORKFLOW_FILE: exampleWorkflows.split(',')[0] ?? '', EDIT_CHAIN: 'comfyui:mine' },
    /EDIT_CHAIN names comfyui:mine, but the files of comfyui make only: image/,
  ],
])('a workflow file that cannot do it stops the start: %j', async (more, sentence) => {
  const broken = join(import.meta.dirname, '..', '..', 'package.json');
  const env = { ...noKeys, COMFYUI_BASE_URL: 'http://127.0.0.1:1', COMFYUI_WORKFLOW_FILE: broken, ...more };
  await expect(openTestApp({ env })).rejects.toThrow(sentence);
});
