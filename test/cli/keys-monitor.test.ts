import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { aCommandLine, atMs, noHealth, type Ran, type RunOptions, type CommandLine } from './command-line.ts';

const enter = '\u001b[?1049h\u001b[?25l';

const leave = '\u001b[?25h\u001b[?1049l';

/** Monitors while `change` runs, then stops as Ctrl-C does. */
async function watch(cli: CommandLine, words: string, options: RunOptions, change: () => Promise<void>): Promise<Ran> {
  const stop = new AbortController();
  const looked = Promise.withResolvers<void>();
  const running = cli.run(words, { ...options, stop: stop.signal, onWrite: () => looked.resolve() });
  await looked.promise;
  await change();
  stop.abort(new Error('Asked to stop'));
  return running;
}

const cooling = {
  kind: 'cooling',
  sinceMs: atMs,
  untilMs: atMs + 60_000,
  reason: 'rate-limited',
  stated: true,
} as const;

test.each(['keys monitor', 'health monitor'])(
  '%s prints one line a change where the output is no terminal',
  async (words) => {
    using cli = aCommandLine();
    cli.env['BYTEZ_API_KEYS'] = cli.env['BYTEZ_API_KEYS']?.split(',').slice(0, 2).join(',') ?? '';
    await cli.saveRecords({});
    const { out, code } = await watch(cli, words, {}, async () => {
      await cli.clock.advance(2_000);
      await cli.saveRecords({ 2: { state: cooling } });
      await cli.clock.advance(3_000);
      await cli.saveRecords({ 2: { state: { kind: 'ready' }, health: { ...noHealth, calls: 4 } } });
      await cli.clock.advance(1_000);
    });
    expect(code).toBe(0);
    expect(out).toBe(
      [
        '2026-01-01T12:00:00.000Z bytez #1: ready',
        '2026-01-01T12:00:00.000Z bytez #2: ready',
        '2026-01-01T12:00:03.000Z bytez #2: ready → cooling (rate-limited)',
        '2026-01-01T12:00:06.000Z bytez #2: cooling (rate-limited) → ready',
        '',
      ].join('\n'),
    );
  },
);

test('keys monitor --json prints one document a change, a line each', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out } = await watch(cli, 'keys monitor --json --interval 0.5', { tty: true }, async () => {
    await cli.saveRecords({ 2: { state: cooling } });
    await cli.clock.advance(500);
  });
  const documents = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; before: string | null; state: object; at: string });
  expect(documents).toHaveLength(8);
  expect(documents.slice(0, 7).every(({ before }) => before === null)).toBe(true);
  expect(documents[7]).toMatchObject({
    at: '2026-01-01T12:00:00.500Z',
    bot: 'stopped',
    name: 'bytez #2',
    before: 'ready',
    state: cooling,
    acceptsCalls: false,
  });
});

test('a terminal shows a live table on the alternate screen, and its own screen again afterwards', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out } = await watch(cli, 'keys monitor', { tty: true }, async () => {
    await cli.saveRecords({ 2: { state: cooling } });
    await cli.clock.advance(1_000);
  });
  expect(out.startsWith(enter)).toBe(true);
  expect(out.endsWith(leave)).toBe(true);
  const frames = out.split('\u001b[H').slice(1).map(stripVTControlCharacters);
  expect(frames).toHaveLength(2);
  expect(frames[0]).toContain('bytez: 7 of 7 keys take calls');
  expect(frames[1]).toContain('12:00:01 UTC · the bot does not run · Ctrl-C leaves');
  expect(frames[1]).toMatch(/bytez #2 .*cooling \(rate-limited\) until 12:01:00 UTC \(in 59 s\)/);
});

test('the live table is never higher or wider than the window', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out } = await watch(cli, 'keys monitor', { tty: true, rows: 6, columns: 45 }, async () => {});
  const frame = stripVTControlCharacters(out).trimEnd().split('\n');
  expect(frame).toHaveLength(6);
  expect(Math.max(...frame.map((line) => line.length))).toBeLessThanOrEqual(45);
  expect(frame.at(-1)).toBe('… 7 more; a higher window shows them');
});

test('the terminal’s own screen is back even when monitoring fails', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const stop = new AbortController();
  const looked = Promise.withResolvers<void>();
  const running = cli.run('keys monitor', {
    tty: true,
    stop: stop.signal,
    onWrite: () => looked.resolve(),
  });
  await looked.promise;
  cli.env['MAX_ATTEMPTS'] = 'many';
  await cli.clock.advance(1_000);
  const { out, err, code } = await running;
  expect(code).toBe(2);
  expect(out.endsWith(leave)).toBe(true);
  expect(err).toContain('MAX_ATTEMPTS');
});

test.each(['0', '0.05', 'soon', '4000', '-1'])('keys monitor refuses an interval of %s', async (interval) => {
  using cli = aCommandLine();
  const { err, code } = await cli.run(`keys monitor --interval=${interval}`);
  expect(code).toBe(2);
  expect(err).toContain('It is a number of seconds from 0.1 to 3600.');
});
