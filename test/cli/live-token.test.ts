import { expect, test } from 'vitest';
import { LiveToken, tokenMark } from '../../src/cli/programs/live-token.ts';
import { LiveSecret, Secret } from '../../src/kit/secret.ts';
import { fakeClock } from '../support/fake-clock.ts';

const first = 'the-first-admin-token-0123456789abcd';
const second = 'the-second-admin-token-0123456789abc';

function liveToken(atStart: string | undefined) {
  const clock = fakeClock();
  const steps: string[] = [];
  const now: { env: Record<string, string> } = {
    env: { ADMIN_TOKEN_FILE: '/token', ...(atStart === undefined ? {} : { ADMIN_TOKEN: atStart }) },
  };
  const adminToken = new LiveSecret(atStart === undefined ? undefined : new Secret(atStart));
  adminToken.onReplaced(() => steps.push(`uses ${adminToken.now?.reveal()}`));
  const live = new LiveToken({
    adminToken,
    readEnvironment: () => ({ env: now.env }),
    clock,
    emit: (event) => steps.push(event.event === 'config.warning' ? event.text : event.event),
    onSecret: (secret) => steps.push(`hides ${secret.reveal()}`),
    markOf: () => now.env['ADMIN_TOKEN'],
  });
  const write = (token: string | undefined) => {
    now.env = { ADMIN_TOKEN_FILE: '/token', ...(token === undefined ? {} : { ADMIN_TOKEN: token }) };
  };
  return { clock, steps, adminToken, live, write, now };
}

test('LiveToken takes a changed file over once it is stable, and hides the token before it is used (H20)', async () => {
  const { clock, steps, live, write } = liveToken(first);
  using _ = live;
  await clock.advance(10_000);
  expect(steps).toEqual([]);
  write(second.slice(0, 5));
  await clock.advance(2_000);
  write(second);
  await clock.advance(2_000);
  expect(steps).toEqual([]);
  await clock.advance(2_000);
  expect(steps).toEqual([
    `hides ${second}`,
    `uses ${second}`,
    'ADMIN_TOKEN is a new one; the old one and what was opened with it ended',
  ]);
  await clock.advance(60_000);
  expect(steps).toHaveLength(3);
});

test('a token that is missing, or too short for a port in the network, is warned of once and not used (H4)', async () => {
  const { clock, steps, live, write, now, adminToken } = liveToken(first);
  using _ = live;
  write(undefined);
  await clock.advance(60_000);
  write('short');
  now.env['HTTP_HOST'] = '0.0.0.0';
  await clock.advance(60_000);
  expect(live.renew()).toMatchObject({ isInUse: false });
  expect(steps).toEqual([
    "The admin's token stays as it was, because ADMIN_TOKEN is missing",
    expect.stringMatching(/^The admin's token stays as it was, because ADMIN_TOKEN must have at least 32 characters/),
  ]);
  expect(adminToken.now?.reveal()).toBe(first);
});

test('LiveToken.renew() tells whether the token that is expected is in use', () => {
  const { live, write } = liveToken(first);
  using _ = live;
  const mark = tokenMark(new Secret(second));
  expect(live.renew(mark)).toEqual({ isInUse: false, mistakes: [] });
  write(second);
  expect(live.renew(mark)).toEqual({ isInUse: true, mistakes: [] });
  expect(live.renew(mark)).toEqual({ isInUse: true, mistakes: [] });
  expect(mark).not.toContain(second.slice(0, 4));
});

test('a token that is set while the bot runs without one waits for the next start', () => {
  const { live, write, adminToken } = liveToken(undefined);
  using _ = live;
  write(second);
  expect(live.renew(tokenMark(new Secret(second)))).toMatchObject({
    isInUse: false,
    mistakes: [expect.stringContaining('next start')],
  });
  expect(adminToken.now).toBeUndefined();
});
