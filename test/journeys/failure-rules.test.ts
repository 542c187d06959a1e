import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LiveKeys } from '../../src/cli/live-keys.ts';
import { parseConfig } from '../../src/config/config.ts';
import { KeySource } from '../../src/keys/sources/key-source.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestApp } from '../support/test-app.ts';
import { scratch } from '../storage/sqlite/scratch.ts';

const moon = { kind: 'status', status: 418, body: '{"error":"the moon is in the way"}' } as const;

/** The bot with failure rules of the operator, none at first, while Bytez gives an answer that no table knows. */
async function withRules() {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(scratch());
  const path = join(place.dir, 'rules.json');
  const write = (means: string) =>
    writeFileSync(path, JSON.stringify([{ provider: 'bytez', words: 'moon is', means }]));
  writeFileSync(path, '[]');
  const clock = fakeClock();
  const env = { FAILURE_RULES_FILE: path, MAX_ATTEMPTS: '1' };
  const app = opening.use(await openTestApp({ clock, env, accounts: [[{ do: moon }]] }));
  let id = 6;
  const told = new Set<string>();
  const codeOfNext = async () => {
    id += 1;
    const person = app.person(id);
    person.say('/generate a fox');
    const failed = await passTime(
      clock,
      app.event('job.failed', ({ jobId }) => !told.has(jobId)),
    );
    told.add(failed.jobId);
    return failed.code;
  };
  const warnings = () => app.events.flatMap((one) => (one.event === 'config.warning' ? [one.text] : []));
  const opened = opening.move();
  return { app, clock, path, write, codeOfNext, warnings, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('a failure rule that is written while the bot runs counts for the next request; one with a mistake never does', async () => {
  await using stage = await withRules();
  expect(await stage.codeOfNext()).toBe('provider-down');

  stage.write('refused');
  await stage.clock.advance(6_000);
  expect(await stage.codeOfNext()).toBe('refused');

  stage.write('tired');
  await stage.clock.advance(60_000);
  expect(stage.warnings()).toEqual([
    expect.stringMatching(
      /^The failure rules stay as they were, because FAILURE_RULES_FILE row 1 means must be one of /,
    ),
  ]);
  expect(await stage.codeOfNext()).toBe('refused');

  stage.write('bad-request');
  await stage.clock.advance(6_000);
  expect(await stage.codeOfNext()).toBe('bad-request');
});

test('a reload takes the failure rules over at once, and names the mistake that keeps them out', async () => {
  await using stage = await withRules();
  const reading = { env: { FAILURE_RULES_FILE: stage.path }, warnings: [], hasFile: true };
  const { providers } = parseConfig(reading.env);
  await using live = new LiveKeys({
    reading,
    source: new KeySource(),
    providers,
    app: { reloadKeys: async () => undefined, reloadFiles: () => stage.app.app.reloadFiles() },
    clock: stage.clock,
    emit: () => undefined,
    warned: [],
    onKeys: () => undefined,
    readEnvironment: () => reading,
  });
  stage.write('refused');
  expect(await live.readEnvironment()).toMatchObject({ mistakes: [] });
  expect(await stage.codeOfNext()).toBe('refused');

  stage.write('tired');
  const refused = [expect.stringMatching(/^FAILURE_RULES_FILE row 1 means must be one of /)];
  expect(await live.readEnvironment()).toMatchObject({ mistakes: refused });
  expect(await live.readEnvironment()).toMatchObject({ mistakes: refused });
  expect(stage.warnings()).toHaveLength(1);
});
