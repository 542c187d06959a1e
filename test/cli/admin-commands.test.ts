import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openTestApp, testKey } from '../support/test-app.ts';
import { aCommandLine } from './command-line.ts';

/** A command line on the data of a running bot with one key that is refused and a job that waits. */
async function beside(accounts: Parameters<typeof openTestApp>[0]) {
  const bot = await openTestApp(accounts);
  const commands = aCommandLine();
  Object.assign(commands.env, { DATA_DIR: bot.dataDir, BYTEZ_API_KEYS: testKey(1), BYTEZ_BASE_URL: bot.bytez.baseUrl });
  commands.clock.jump(Date.now() - commands.clock.now());
  return { bot, commands };
}

test('alerts are told with what to do about them, and make the exit code 1', async () => {
  const { bot, commands } = await beside({ accounts: [[{ do: { kind: 'unauthorized' } }]] });
  await using _ = bot;
  using __ = commands;
  expect(await commands.run('alerts')).toMatchObject({ code: 0, out: 'Nothing is wrong\n' });
  await bot.app.admin.keys.test('all');
  await bot.event('alert.raised');
  await bot.app.core.keys.saved();
  const told = await commands.run('alerts');
  expect([told.code, told.out]).toEqual([1, expect.stringMatching(/^high: bytez #1 failed.*\n {2}to do: /)]);
  const json = JSON.parse((await commands.run('alerts --json')).out) as { bot: string; alerts: { advice: string }[] };
  expect(json).toMatchObject({ bot: 'running', alerts: [{ severity: 'high' }, {}] });
  const summary = await commands.run('health summary');
  expect([summary.code, summary.out]).toEqual([
    1,
    expect.stringContaining('bytez: 0 of 1 take calls, 0 cooling, 1 benched'),
  ]);
  expect(summary.out).toContain('"darkroom alerts" says what to do');
});

test('jobs are listed, shown and cancelled from beside the bot', async () => {
  const { bot, commands } = await beside({ accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 60 } }]] });
  await using _ = bot;
  using __ = commands;
  bot.person(7).say('/generate a red fox');
  const { jobId } = await bot.event('job.parked');
  const listed = JSON.parse((await commands.run('jobs list --user 7 --state waiting --json')).out) as {
    jobs: { id: string }[];
  };
  expect(listed.jobs.map(({ id }) => id)).toEqual([jobId]);
  expect((await commands.run('jobs list --user 8')).out).toBe('There is no job yet\n');
  expect((await commands.run(`jobs show ${jobId}`)).out).toContain('rate-limited');
  expect((await commands.run('jobs list --count 0')).code).toBe(2);
  const cancelled = bot.event('job.cancelled');
  const asked = commands.run(`jobs cancel ${jobId} --json`);
  await cancelled;
  // The command looks for its answer by the clock, which is not the machine's.
  const state = { isOver: false };
  void asked.finally(() => (state.isOver = true));
  while (!state.isOver) await commands.clock.advance(100);
  expect(JSON.parse((await asked).out)).toMatchObject({ id: jobId });
});

test('people are blocked and let in again from beside the bot, with what stands against them', async () => {
  const { bot, commands } = await beside({});
  await using _ = bot;
  using __ = commands;
  /** The command looks for its answer by the clock, which is not the machine's. */
  const asked = async (words: string) => {
    const state = { isOver: false };
    const ran = commands.run(words);
    void ran.finally(() => (state.isOver = true));
    while (!state.isOver) await commands.clock.advance(20);
    return (await ran).out;
  };
  expect((await commands.run('people blocks')).out).toBe('No person or group is blocked\n');
  expect(await asked(`people block 7 --reason 'selling here'`)).toMatch(
    /^(?:Done: 7 is blocked|Asked: the bot is running)/,
  );
  await expect.poll(async () => (await commands.run('people blocks')).out).toMatch(/7 .* selling here/);
  expect(JSON.parse((await commands.run('people show 7 --json')).out)).toMatchObject({
    restrictions: { block: { reason: 'selling here' }, strikes: 0 },
  });
  expect((await commands.run('people show 7')).out).toContain('selling here\nRefusals that still count: 0');
  await asked('people block -100');
  await expect.poll(async () => (await commands.run('people blocks')).out).toContain('-100');
  for (const id of ['7', '-100']) await asked(`people unblock ${id}`);
  await expect.poll(async () => (await commands.run('people blocks')).out).toBe('No person or group is blocked\n');
  expect((await commands.run('people block somebody')).code).toBe(2);
});

test('without a bot nothing is known of alerts, and jobs are an empty list', async () => {
  using commands = aCommandLine();
  expect((await commands.run('alerts')).out).toBe('The bot is not running: nothing is known of alerts\n');
  expect((await commands.run('jobs list')).out).toBe('There is no job yet\n');
});

test('bash completes commands and options by the script that is printed', async () => {
  using commands = aCommandLine();
  const { out } = await commands.run('completion bash');
  const complete = async (...words: readonly string[]) => {
    const list = ['darkroom', ...words].map((word) => `'${word}'`).join(' ');
    const script = `${out}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _darkroom; echo "\${COMPREPLY[*]}"`;
    return (await promisify(execFile)('bash', ['-c', script])).stdout.trim().split(' ');
  };
  expect(await complete('ke')).toEqual(['keys']);
  expect(await complete('jobs', '')).toEqual(['list', 'show', 'cancel', '--help']);
  expect(await complete('jobs', 'list', '--st')).toEqual(['--state']);
  expect((await commands.run('completion fish')).out).toContain(
    "complete -c darkroom -f -n '__fish_use_subcommand' -a keys\n",
  );
  expect((await commands.run('completion zsh')).out).toContain('autoload -U +X bashcompinit && bashcompinit\n');
  expect((await commands.run('completion tcsh')).code).toBe(2);
});

const isInstalled = (shell: string) => spawnSync(shell, ['--version']).status === 0;

test.skipIf(!isInstalled('fish'))('fish completes commands, and none behind the last one', async () => {
  using commands = aCommandLine();
  const { out } = await commands.run('completion fish');
  const complete = async (line: string) =>
    (await promisify(execFile)('fish', ['--no-config', '-c', `${out}\ncomplete -C '${line}'`])).stdout.split('\n');
  expect(await complete('darkroom ke')).toEqual(['keys', '']);
  expect(await complete('darkroom jobs ')).toEqual(['cancel', 'list', 'show', '']);
  expect(await complete('darkroom jobs list ')).not.toContain('show');
});

test.skipIf(!isInstalled('zsh'))('zsh takes its script without a configuration of its own', async () => {
  using commands = aCommandLine();
  const { out } = await commands.run('completion zsh');
  const ask = `${out}\nprint $+_comps[darkroom]`;
  expect((await promisify(execFile)('zsh', ['-f', '-c', ask])).stdout).toBe('1\n');
});
